import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { tenantRecord } from '../contract/agent.ts';
import { agentLogLine } from '../contract/agent-logs.ts';
import { policySchema } from '../contract/policy.ts';
import { wakeResult } from '../contract/wakes.ts';
import { cells } from '../db/agent/schema.ts';
import { meters } from './meters.ts';
import { prepared } from './prepared.ts';
import type { AgentDb } from './storage.ts';
import { storageMemory } from './storage-memory.ts';
import { wakeState } from './wake.ts';

const activity = z.union([
  z.object({
    /** When the newest turn ended or an operator woke the agent, UTC ms. */
    lastActiveAt: z.number().int(),
    /** How often what OpenClaw keeps has changed, and how many of these changes snapshots hold. */
    changes: z.number().int(),
    saved: z.number().int(),
    /** When the first change came that no snapshot holds, UTC ms; null while the agent is clean. */
    dirtySince: z.number().int().nullable(),
  }),
  // As releases before this one wrote it.
  z
    .object({ lastActiveAt: z.number().int(), dirty: z.boolean() })
    .transform(({ lastActiveAt, dirty }) => ({
      lastActiveAt,
      changes: dirty ? 1 : 0,
      saved: 0,
      dirtySince: dirty ? lastActiveAt : null,
    })),
]);

/** The agent's single values by name, with the schema each is parsed by when it is read. */
const CELLS = {
  record: tenantRecord,
  wake: wakeState,
  activity,
  policy: z.object({ policy: policySchema, fetchedAt: z.number().int() }),
  /** Boot times of the last wakes, ms, newest last. */
  wakeTimes: z.array(z.number().int()).max(10),
  /** What became of generations and D1 does not know yet, the newest last; see wake-results.ts. */
  wakeResults: z.array(wakeResult),
  lastFlushAt: z.number().int(),
  /** The snapshot that the next generation restores from, by its id. */
  head: z.string(),
  /** The snapshot that an operator wants to go back to once the sandbox that runs is gone. */
  restoreWish: z.string(),
  /** When an operator went back on purpose, UTC ms: what was said before that stays forgotten. */
  wentBackAt: z.number().int(),
  /** What is used and held of the limits in the windows that are. */
  meters,
  /** The end of the log of the last sandbox that left one. */
  logTail: z.object({ generation: z.number().int(), lines: z.array(agentLogLine) }),
  /** When OpenClaw's own apps were last here; see app-knocks.ts. */
  appKnocks: z.array(z.object({ app: z.string(), at: z.number().int() })),
} as const;

type Cells = { [Name in keyof typeof CELLS]: z.infer<(typeof CELLS)[Name]> };

/** Values as they were last read or written, so that a model call parses neither record nor policy. */
const known = storageMemory<string, unknown>();

/** The value of a cell, or null when it was never written. It is shared: nobody may change it. */
export function readCell<Name extends keyof Cells>(db: AgentDb, name: Name): Cells[Name] | null {
  const values = known.of(db);
  if (values.has(name)) return values.get(name) as Cells[Name] | null;
  const row = db.select().from(cells).where(eq(cells.key, name)).get();
  const value = row ? (CELLS[name].parse(row.value) as Cells[Name]) : null;
  values.set(name, value);
  return value;
}

const upsert = prepared((db) =>
  db
    .insert(cells)
    .values({ key: sql.placeholder('key'), value: sql.placeholder('value') })
    .onConflictDoUpdate({ target: cells.key, set: { value: sql`excluded.value` } })
    .prepare(),
);

/** Writes a cell, whole. */
export function writeCell<Name extends keyof Cells>(
  db: AgentDb,
  name: Name,
  value: Cells[Name],
): void {
  known.of(db).delete(name);
  upsert(db).run({ key: name, value });
  known.of(db).set(name, value);
}

/** Forgets what is known of the cells: their rows have changed by other hands than these. */
export function rereadCells(db: AgentDb): void {
  known.forget(db);
}

/** Makes a cell as if it had never been written. */
export function clearCell(db: AgentDb, name: keyof Cells): void {
  known.of(db).delete(name);
  db.delete(cells).where(eq(cells.key, name)).run();
}
