import { sql, type Column, type SQL } from 'drizzle-orm';

/** Whether a row's hostname is none of the tenant's. One parameter: a statement takes 100, as many as there may be names. */
export function isElsewhere(hostname: Column, hostnames: readonly string[]): SQL {
  return sql`${hostname} NOT IN (SELECT value FROM json_each(${JSON.stringify(hostnames)}))`;
}
