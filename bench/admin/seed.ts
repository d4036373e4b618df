import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ulid } from 'ulid';
import { Prng } from '../../test/faults/prng.ts';
import { agentFileIn, d1File } from '../../test/faults/store-files.ts';
import { liveLong } from './agent-life.ts';
import {
  agentRows,
  auditRows,
  hostnameRows,
  noticeRows,
  operatorRows,
  refusalRows,
  tenantRows,
  wakeRows,
} from './control-rows.ts';
import { insertRows, inTransaction } from './insert-rows.ts';
import { makeTenants, type SeededTenant } from './population.ts';
import { makeUsage, sumDays } from './usage-rows.ts';

const SEED = 8;
/** How much of all the work the tenant does whose pages are loaded: some thousand rows. */
const BUSY_WEIGHT = 0.5;
const POLICY_VERSIONS = 20;

export interface SeedPlan {
  stateDir: string;
  /** A tenant that was made by the API: its agent has its record. */
  real: { id: string; slug: string };
  tenants: number;
  usageRows: number;
  now: number;
}

/**
 * Writes a system's year past a Worker that does not run: the same one every time, but for the time it
 * ends at. Answers the id of the long session of the real tenant.
 */
export function seedSystem({ stateDir, real, tenants: count, usageRows, now }: SeedPlan): string {
  const prng = new Prng(SEED);
  const idAt = (at: number): string => ulid(at, () => prng.next());
  const others = makeTenants(prng, { count, now });
  using db = new DatabaseSync(d1File(stateDir));
  inTransaction(db, () => {
    insertRows(db, 'tenants', tenantRows(others, now));
    insertRows(db, 'hostnames', hostnameRows(others));
    insertRows(db, 'agents', agentRows(prng, { tenants: others, now }));
    const busy: SeededTenant = {
      ...real,
      tier: 'premium',
      status: 'active',
      state: 'asleep',
      createdAt: now,
      weight: BUSY_WEIGHT,
    };
    const all = { tenants: [...others, busy], now };
    insertRows(db, 'wakes', wakeRows(prng, all));
    insertRows(db, 'refusals', refusalRows(prng, now));
    insertRows(db, 'notices', noticeRows(prng, all));
    insertRows(db, 'audit', auditRows(prng, { ...all, idAt }));
    insertRows(db, 'operators', operatorRows(now));
    insertRows(db, 'usage', makeUsage(prng, { ...all, count: usageRows }));
    sumDays(db, now);
    copyPolicies(db, now);
  });
  const file = agentFileIn(join(stateDir, 'objects/TenantAgent'), real.id);
  return liveLong(file, { prng, now, idAt });
}

/** Versions of the policy in force, each as it is. */
function copyPolicies(db: DatabaseSync, now: number): void {
  for (let version = 2; version <= POLICY_VERSIONS; version++)
    db.prepare(
      `INSERT OR IGNORE INTO policies (version, rules, author, note, created_at)
       SELECT ?, rules, author, ?, ? FROM policies WHERE version = 1`,
    ).run(version, `Version ${version}`, now - (POLICY_VERSIONS - version) * 86_400_000);
}
