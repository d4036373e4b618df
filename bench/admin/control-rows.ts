import { monthStart } from '../../contract/months.ts';
import type { Prng } from '../../test/faults/prng.ts';
import { ROUTES_SEEN } from './routes-seen.ts';
import type { Row } from './insert-rows.ts';
import type { SeededTenant } from './population.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const KEPT_DAYS = 35;
const WAKES_A_DAY = 400;
const AUDIT_ENTRIES = 20_000;
const OPERATORS = 60;
const ACTIONS = ['tenant.update', 'tenant.create', 'agent.wake', 'agent.sleep', 'invite.create'];

export function* tenantRows(tenants: readonly SeededTenant[], now: number): Generator<Row> {
  for (const { id, slug, tier, status, createdAt } of tenants)
    yield {
      id,
      slug,
      platform: 'streamkinetics.com',
      tier,
      status,
      version: 2,
      created_at: createdAt,
      updated_at: now - 2 * HOUR_MS,
    };
}

export function* hostnameRows(tenants: readonly SeededTenant[]): Generator<Row> {
  for (const { id, slug, createdAt } of tenants)
    yield { hostname: `${slug}.streamkinetics.com`, tenant_id: id, created_at: createdAt };
}

/** What each agent last said of itself; one in fifty is late, one in fifty lacks a change. */
export function* agentRows(
  prng: Prng,
  of: { tenants: readonly SeededTenant[]; now: number },
): Generator<Row> {
  for (const { id, state } of of.tenants) {
    const since = of.now - prng.below(3 * DAY_MS);
    const isLate = prng.chance(0.02);
    yield {
      tenant_id: id,
      state,
      since,
      generation: 1 + prng.below(400),
      next_due_at: isLate ? of.now - HOUR_MS : of.now + prng.below(DAY_MS),
      applied_version: prng.chance(0.02) ? 1 : 2,
      updated_at: since,
    };
  }
}

export function* wakeRows(
  prng: Prng,
  of: { tenants: readonly SeededTenant[]; now: number },
): Generator<Row> {
  const { tenants, now } = of;
  for (let n = 0; n < KEPT_DAYS * WAKES_A_DAY; n++) {
    const outcome = prng.chance(0.95) ? 'ready' : prng.chance(0.7) ? 'failed' : 'lost';
    yield {
      tenant_id: tenants[prng.below(tenants.length)]?.id ?? '',
      generation: 1_000 + n,
      outcome,
      at: now - prng.below(KEPT_DAYS * DAY_MS),
      ms: 4_000 + prng.below(12_000),
    };
  }
}

export function* refusalRows(prng: Prng, now: number): Generator<Row> {
  const hour = now - (now % HOUR_MS);
  for (let n = 0; n < KEPT_DAYS * 24; n++)
    for (const [route, status] of ROUTES_SEEN)
      yield { hour: hour - n * HOUR_MS, route, status, count: 1 + prng.below(40) };
}

export function* noticeRows(
  prng: Prng,
  of: { tenants: readonly SeededTenant[]; now: number },
): Generator<Row> {
  const month = monthStart(of.now);
  for (const { id } of of.tenants.slice(0, 80)) {
    const percent = prng.chance(0.3) ? 100 : 80;
    yield {
      id: `${id}:${month}:${percent}`,
      tenant_id: id,
      kind: `budget_${percent}`,
      data: JSON.stringify({ month, usedNano: percent * 50_000_000, limitNano: 5_000_000_000 }),
      at: Math.max(month, of.now - prng.below(20 * DAY_MS)),
    };
  }
}

export function* auditRows(
  prng: Prng,
  of: { tenants: readonly SeededTenant[]; now: number; idAt: (at: number) => string },
): Generator<Row> {
  const { tenants, now, idAt } = of;
  for (let n = 0; n < AUDIT_ENTRIES; n++) {
    const at = now - (AUDIT_ENTRIES - n) * 10 * MINUTE_MS;
    const tenantId = tenants[prng.below(tenants.length)]?.id ?? '';
    yield {
      id: idAt(at),
      at,
      actor: `operator-${prng.below(OPERATORS)}@example.com`,
      action: ACTIONS[prng.below(ACTIONS.length)] ?? '',
      target: `tenant:${tenantId}`,
      tenant_id: tenantId,
      before: JSON.stringify({ tier: 'free' }),
      after: JSON.stringify({ tier: 'premium' }),
      request_id: idAt(at),
    };
  }
}

export function* operatorRows(now: number): Generator<Row> {
  for (let n = 0; n < OPERATORS; n++)
    yield {
      subject: `operator-${n}@example.com`,
      kind: 'person',
      role: n % 3 === 0 ? 'viewer' : n % 3 === 1 ? 'maintainer' : 'admin',
      created_by: 'local',
      created_at: now - n * DAY_MS,
    };
}
