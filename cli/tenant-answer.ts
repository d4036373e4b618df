import type { TenantView } from '../contract/api.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { recordTable } from './output.ts';

/** One tenant as a result. */
export function oneTenant(tenant: TenantView): CommandResult {
  return { data: tenant, table: () => recordTable(tenant) };
}

/** A tenant after a change, which its agent may not have taken yet (202). */
export function changedTenant(
  tenant: TenantView & { pending: boolean },
  { progress }: CommandContext,
): CommandResult {
  if (tenant.pending) {
    progress.note('The change is stored; the agent has not taken it yet and is sent it again.');
  }
  return oneTenant(tenant);
}
