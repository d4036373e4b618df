import type { TenantAddress } from '../db/queries/hostnames.ts';
import { AppError, asAppError } from '../contract/errors.ts';
import { tenantById } from '../db/queries/tenants.ts';
import type { Caller } from '../durable/index.ts';
import type { EdgeCaller } from './access.ts';
import type { AgentStub } from './agent.ts';
import { dbOf, directoryDeps, type EdgeContext } from './context.ts';
import { unknownHost } from './identify.ts';
import type { Place } from './locate.ts';
import { recordOf } from './tenant-record.ts';
import { rereadHost } from './tenant-directory.ts';

/** Who asks, in the form in which the agent checks it. */
export function callerOf(c: EdgeContext): Caller {
  const caller = c.get('caller');
  const place = c.get('place');
  if (caller.kind === 'operator') {
    return { kind: 'operator', subject: caller.subject, role: caller.role };
  }
  if (caller.kind === 'key') {
    const { kind, keyId, secretHash, host } = caller;
    return { kind, keyId, secretHash, host };
  }
  if (caller.kind === 'member' && place.kind === 'tenant') {
    const { memberId, signInId } = caller;
    return { kind: 'member', memberId, signInId, host: place.hostname };
  }
  throw new AppError('unauthenticated', 'Sign in with an invite first.');
}

/** What an agent says that a stale copy of the directory led to: another's, or one that is no more. */
const WRONG_AGENT: ReadonlySet<string | undefined> = new Set(['misdirected', 'tenant_not_found']);

/** The tenant's host that was asked; null where an operator has named the tenant itself. */
function hostAsked(place: Place, caller: EdgeCaller): string | null {
  if (caller.kind === 'key') return caller.host;
  return place.kind === 'tenant' ? place.hostname : null;
}

/**
 * Asks the agent of the tenant that was asked for. When it is the wrong one, D1 is read again,
 * KV mended, and the right agent asked once more: the same one after it got its record, or another
 * one, for which a member's cookie then does not count; a key is looked up there.
 */
export async function askAgent<T>(
  c: EdgeContext,
  question: (agent: AgentStub, of: TenantAddress) => Promise<T>,
): Promise<T> {
  const deps = c.get('deps');
  const tenant = c.get('tenant');
  if (!tenant) throw new AppError('tenant_not_found', 'No tenant is named here.');
  const caller = c.get('caller');
  const host = hostAsked(c.get('place'), caller);
  try {
    return await question(deps.agentOf(c.env, tenant), tenant);
  } catch (error) {
    if (host === null || !WRONG_AGENT.has(asAppError(error)?.code)) throw error;
  }
  const fresh = await rereadHost(directoryDeps(c), host);
  if (!fresh) throw unknownHost();
  const agent = deps.agentOf(c.env, fresh);
  if (fresh.tenantId !== tenant.tenantId) {
    if (caller.kind === 'member') throw new AppError('unauthenticated', 'This address has moved.');
  } else {
    const detail = await tenantById(dbOf(c), fresh.tenantId);
    if (detail) await agent.apply(recordOf(detail));
  }
  c.set('tenant', fresh);
  return question(agent, fresh);
}
