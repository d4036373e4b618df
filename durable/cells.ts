import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { tenantRecord } from '../contract/agent.ts';
import { policySchema } from '../contract/policy.ts';
import { cells } from '../db/agent/schema.ts';
import type { AgentDb } from './storage.ts';
import { wakeState } from './wake.ts';

const activity = z.object({
  /** When the newest turn ended or an operator woke the agent, UTC ms. */
  lastActiveAt: z.number().int(),
  /** Whether a turn ran since the newest stored snapshot. */
  dirty: z.boolean(),
});

/** The agent's single values by name, with the schema each is parsed by when it is read. */
const CELLS = {
  record: tenantRecord,
  wake: wakeState,
  activity,
  policy: z.object({ policy: policySchema, fetchedAt: z.number().int() }),
  /** Boot times of the last wakes, ms, newest last. */
  wakeTimes: z.array(z.number().int()).max(10),
  lastFlushAt: z.number().int(),
} as const;

type Cells = { [Name in keyof typeof CELLS]: z.infer<(typeof CELLS)[Name]> };

/** The value of a cell, or null when it was never written. */
export function readCell<Name extends keyof Cells>(db: AgentDb, name: Name): Cells[Name] | null {
  const row = db.select().from(cells).where(eq(cells.key, name)).get();
  return row ? (CELLS[name].parse(row.value) as Cells[Name]) : null;
}

/** Writes a cell, whole. */
export function writeCell<Name extends keyof Cells>(
  db: AgentDb,
  name: Name,
  value: Cells[Name],
): void {
  db.insert(cells)
    .values({ key: name, value })
    .onConflictDoUpdate({ target: cells.key, set: { value } })
    .run();
}
