import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';
import * as schema from '../schema.ts';

/** The control plane through Drizzle: what every query of this folder takes. */
export type Db = DrizzleD1Database<typeof schema>;

/** Wraps the D1 binding. Costs nothing and holds nothing, so it is made wherever it is needed. */
export function openDb(d1: D1Database): Db {
  return drizzle(d1, { schema });
}
