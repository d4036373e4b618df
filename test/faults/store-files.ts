import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { tenantRecord } from '../../contract/agent.ts';
import { eventData } from '../../contract/frames.ts';

/** What lies on disk under the state folder of a local system, read past all of its code. */

const json = z.string().transform((text): unknown => JSON.parse(text));
const storedEvent = z.object({
  session_id: z.string(),
  seq: z.number(),
  turn_id: z.string(),
  data: json.pipe(eventData),
});
export type StoredEvent = z.infer<typeof storedEvent>;

const storedTurn = z.object({
  id: z.string(),
  session_id: z.string(),
  client_id: z.string(),
  state: z.string(),
  text: z.string(),
  user_seq: z.number(),
  generation: z.number().nullable(),
  ended_at: z.number().nullable(),
});
export type StoredTurn = z.infer<typeof storedTurn>;

const storedSnapshot = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  generation: z.number(),
  size: z.number().nullable(),
  sha256: z.string().nullable(),
  created_at: z.number(),
});
export type StoredSnapshot = z.infer<typeof storedSnapshot>;

const storedRun = z.object({ id: z.string(), turn_id: z.string().nullable(), state: z.string() });
const storedAttempt = z.object({ id: z.string(), state: z.string() });
const usageRow = z.object({
  id: z.string(),
  tokens_in: z.number(),
  tokens_out: z.number(),
  settled_by: z.string(),
});
export type UsageRow = z.infer<typeof usageRow>;

function under(stateDir: string, ...path: string[]): string {
  return join(stateDir, 'state/v3', ...path);
}

function databasesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')
    .map((name) => join(folder, name));
}

/** Rows of a database file, each parsed. */
export function select<T extends z.ZodType>(file: string, sql: string, row: T): z.infer<T>[] {
  using database = new DatabaseSync(file, { readOnly: true });
  return z.array(row).parse(database.prepare(sql).all());
}

const agentsFolder = (stateDir: string): string =>
  under(stateDir, 'do/streamkinetics-backend-TenantAgent');

/** The database file of a tenant's agent. */
export function agentFile(stateDir: string, tenantId: string): string {
  return agentFileIn(agentsFolder(stateDir), tenantId);
}

/** The same in a folder of agents' databases. */
export function agentFileIn(folder: string, tenantId: string): string {
  const record = z.object({ value: json.pipe(tenantRecord) });
  const sql = `SELECT value FROM cells WHERE key = 'record'`;
  const found = databasesIn(folder).find(
    (file) => select(file, sql, record)[0]?.value.id === tenantId,
  );
  if (!found) throw new Error(`there is no database of the agent of ${tenantId}`);
  return found;
}

export const storedEvents = (file: string): StoredEvent[] =>
  select(file, 'SELECT * FROM events ORDER BY session_id, seq', storedEvent);

export const storedTurns = (file: string): StoredTurn[] =>
  select(file, 'SELECT * FROM turns ORDER BY session_id, user_seq', storedTurn);

export const storedSnapshots = (file: string): StoredSnapshot[] =>
  select(file, 'SELECT * FROM snapshots ORDER BY id', storedSnapshot);

export const scheduleRuns = (file: string): z.infer<typeof storedRun>[] =>
  select(file, 'SELECT * FROM schedule_runs ORDER BY id', storedRun);

export const storedAttempts = (file: string): z.infer<typeof storedAttempt>[] =>
  select(file, 'SELECT id, state FROM attempts', storedAttempt);

/** D1's database file. */
export function d1File(stateDir: string): string {
  const [file] = databasesIn(under(stateDir, 'd1/miniflare-D1DatabaseObject'));
  if (file === undefined) throw new Error('there is no database of D1');
  return file;
}

/** Every usage row in D1. */
export function usageRows(stateDir: string): UsageRow[] {
  return select(d1File(stateDir), 'SELECT * FROM usage', usageRow);
}

/**
 * Makes a stopped agent's unsettled attempts older, so that the sweep that waits for them need not be
 * waited for, and makes it due.
 */
export function ageAttempts(file: string, byMs: number): void {
  using database = new DatabaseSync(file);
  database
    .prepare(
      `UPDATE attempts SET created_at = created_at - ?, lookup_at = lookup_at - ?
       WHERE state IN ('open', 'unsettled')`,
    )
    .run(byMs, byMs);
  database
    .prepare(
      `INSERT INTO due (kind, key, at, attempts) VALUES ('sweep', '', ?, 0)
       ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at`,
    )
    .run(Date.now());
}
