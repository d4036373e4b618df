import { drizzle, type DrizzleSqliteDODatabase } from 'drizzle-orm/durable-sqlite';
import * as schema from '../db/agent/schema.ts';

export type AgentDb = DrizzleSqliteDODatabase<typeof schema> & { $client: DurableObjectStorage };

/** Drizzle over the object's own SQLite. All its calls are synchronous: what runs without an await in between is one commit. */
export function openDb(storage: DurableObjectStorage): AgentDb {
  return drizzle(storage, { schema });
}
