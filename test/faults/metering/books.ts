import { z } from 'zod';
import { usageRow, type UsageRow } from '../../../contract/usage.ts';
import { meters } from '../../../durable/meters.ts';
import { d1File, select } from '../store-files.ts';
import type { Stage } from './stage.ts';

const dailyRow = z.object({
  day: z.number(),
  tenant_id: z.string(),
  platform: z.string(),
  tier: z.string(),
  workload: z.string(),
  model: z.string(),
  attempts: z.number(),
  failures: z.number(),
  tokens_in: z.number(),
  tokens_out: z.number(),
  tokens_cached: z.number(),
  cost_nano: z.number(),
});
export type DailyRow = z.infer<typeof dailyRow>;

const attemptRow = z.object({ id: z.string(), state: z.string() });
export const metersCell = z.object({
  value: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(meters),
});

/** All that a stopped system has booked, read past all of its code. */
export interface Books {
  rows: UsageRow[];
  daily: DailyRow[];
  agents: AgentBooks[];
}

/** The ledger of one agent. */
export interface AgentBooks {
  tenantId: string;
  attempts: z.infer<typeof attemptRow>[];
  meters: z.infer<typeof meters>;
}

export function readBooks({ system, customers }: Stage): Books {
  const file = d1File(system.stateDir);
  return {
    rows: select(file, 'SELECT * FROM usage', usageRow),
    daily: select(file, 'SELECT * FROM usage_daily', dailyRow),
    agents: customers.map((customer) => readAgent(customer)),
  };
}

export const METERS = `SELECT value FROM cells WHERE key = 'meters'`;

export function readAgent({ tenantId, file }: { tenantId: string; file: string }): AgentBooks {
  const [cell] = select(file, METERS, metersCell);
  if (!cell) throw new Error(`the agent of ${tenantId} has no meters`);
  const attempts = select(file, 'SELECT id, state FROM attempts', attemptRow);
  return { tenantId, attempts, meters: cell.value };
}
