import type { DatabaseSync } from 'node:sqlite';
import { costNano, MODEL_CATALOG, PRICE_VERSION } from '../../contract/models.ts';
import { WORKLOADS } from '../../contract/tiers.ts';
import type { UsageRow } from '../../contract/usage.ts';
import type { Prng } from '../../test/faults/prng.ts';
import type { SeededTenant } from './population.ts';

/** Days that rows are spread over. */
const USAGE_DAYS = 31;
const DAY_MS = 86_400_000;
/** Models that policies name; the rest of the catalog is rarely met. */
const MODELS = MODEL_CATALOG.slice(0, 4).map(({ id }) => id);
const CALL_ID = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function callId(prng: Prng): string {
  return Array.from({ length: 26 }, () => CALL_ID[prng.below(32)]).join('');
}

/** Chooses tenants by their weights. */
function chooser(tenants: readonly SeededTenant[]): (prng: Prng) => SeededTenant {
  let sum = 0;
  const bounds = tenants.map((tenant) => ({ tenant, upTo: (sum += tenant.weight) }));
  return (prng) => {
    const at = prng.next() * sum;
    let [low, high] = [0, bounds.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle]?.upTo ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return (bounds[low] as { tenant: SeededTenant }).tenant;
  };
}

/** Attempts of the last month, the oldest first, as their agents would have booked them. */
export function* makeUsage(
  prng: Prng,
  of: { tenants: readonly SeededTenant[]; count: number; now: number },
): Generator<UsageRow> {
  const { tenants, count, now } = of;
  const choose = chooser(tenants);
  for (let n = 0; n < count; n++) {
    const tenant = choose(prng);
    const model = MODELS[prng.below(MODELS.length)] ?? '';
    const call = callId(prng);
    const isFailed = prng.chance(0.02);
    const used = {
      tokensIn: 9_000 + prng.below(12_000),
      tokensOut: isFailed ? 0 : 50 + prng.below(900),
      tokensCached: 0,
    };
    const latencyMs = 400 + prng.below(9_000);
    const createdAt = now - Math.round(((count - n) / count) * (USAGE_DAYS - 1) * DAY_MS);
    yield {
      id: `${call}.1`,
      tenant_id: tenant.id,
      call_id: call,
      attempt: 1,
      source: 'sandbox',
      platform: 'streamkinetics.com',
      tier: tenant.tier,
      workload: WORKLOADS[prng.below(WORKLOADS.length)] ?? 'chat',
      model,
      policy_version: 1 + prng.below(3),
      tokens_in: used.tokensIn,
      tokens_out: used.tokensOut,
      tokens_cached: used.tokensCached,
      cost_nano: costNano(model, used),
      price_version: PRICE_VERSION,
      latency_ms: latencyMs,
      first_byte_ms: Math.round(latencyMs / 4),
      status: isFailed ? 503 : 200,
      outcome: isFailed ? 'upstream_error' : 'ok',
      settled_by: 'exact',
      log_id: call.toLowerCase(),
      session_id: null,
      turn_id: null,
      created_at: createdAt,
      settled_at: createdAt + latencyMs,
    };
  }
}

/** The sums that agents would have written with their rows, and that the past days are closed. */
export function sumDays(db: DatabaseSync, now: number): void {
  const day = `created_at - created_at % ${DAY_MS}`;
  const key = 'tenant_id, platform, tier, workload, model';
  db.exec(`INSERT OR REPLACE INTO usage_daily
    (day, ${key}, attempts, failures, tokens_in, tokens_out, tokens_cached, cost_nano)
    SELECT ${day}, ${key}, count(*), sum(outcome <> 'ok'), sum(tokens_in), sum(tokens_out),
      sum(tokens_cached), sum(cost_nano)
    FROM usage GROUP BY ${day}, ${key}`);
  const today = now - (now % DAY_MS);
  db.exec(`INSERT OR REPLACE INTO closed_days (day, closed_at)
    SELECT DISTINCT day, ${now} FROM usage_daily WHERE day < ${today}`);
}
