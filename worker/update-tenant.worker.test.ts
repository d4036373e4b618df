import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createdTenant,
  tenantView,
  updatedTenant,
  type CreatedTenant,
  type TenantView,
} from '../contract/api.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { createWorld, type World } from './doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
let world: World;
let tenant: CreatedTenant;

const send = (method: string, path: string, body: unknown): Promise<Response> =>
  world.ask(`${SYSTEM}/admin/api/tenants${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

beforeEach(async () => {
  world = await createWorld();
  const made = await send('POST', '', { platform: 'streamkinetics.com', tier: 'free' });
  tenant = createdTenant.parse(await made.json());
});

const patch = (body: unknown): Promise<Response> => send('PATCH', `/${tenant.id}`, body);
async function change(body: unknown): Promise<TenantView> {
  const response = await patch(body);
  expect(response.status).toBe(200);
  return updatedTenant.parse(await response.json());
}
async function audits(): Promise<{ before: unknown; after: unknown }[]> {
  const { results } = await env.DB.prepare(
    `SELECT before, after FROM audit WHERE target = ? AND action = 'tenant.update' ORDER BY id`,
  )
    .bind(`tenant:${tenant.id}`)
    .all<{ before: string; after: string }>();
  return results.map(({ before, after }) => ({
    before: JSON.parse(before) as unknown,
    after: JSON.parse(after) as unknown,
  }));
}

describe('a tenant’s limits', () => {
  it('are its tier’s until it has its own', async () => {
    expect(tenant.limits).toBeNull();
    expect(tenant.effectiveLimits).toEqual(TIER_CONFIG.free.limits);
    const premium = await change({ tier: 'premium' });
    expect(premium.effectiveLimits).toEqual(TIER_CONFIG.premium.limits);
  });

  it('are changed one by one, with a new version that the agent gets', async () => {
    await change({ limits: { maxSessions: 7, maxTokensPerDay: 0 } });
    const changed = await change({ limits: { maxSessions: 8, maxSchedules: 1 } });
    const own = { maxSessions: 8, maxSchedules: 1, maxTokensPerDay: 0 };
    expect(changed).toMatchObject({ limits: own, version: 3, appliedVersion: 3 });
    expect(changed.effectiveLimits).toEqual({ ...TIER_CONFIG.free.limits, ...own });
    expect(world.agent(tenant.id).record).toMatchObject({ limits: own, version: 3 });
    const found = await world.ask(`${SYSTEM}/admin/api/tenants/${tenant.slug}`);
    expect(tenantView.parse(await found.json()).limits).toEqual(own);
  });

  it('leave an audit entry that says what they were and what they are', async () => {
    await change({ limits: { maxSessions: 7 } });
    await change({ limits: { maxSessions: null } });
    expect(await audits()).toMatchObject([
      { before: { limits: null, version: 1 }, after: { limits: { maxSessions: 7 }, version: 2 } },
      { before: { limits: { maxSessions: 7 }, version: 2 }, after: { limits: null, version: 3 } },
    ]);
  });

  it('go back to the tier’s one by one, and to none at all', async () => {
    await change({ limits: { maxSessions: 7, maxSchedules: 1 } });
    expect((await change({ limits: { maxSessions: null } })).limits).toEqual({ maxSchedules: 1 });
    const none = await change({ limits: { maxSchedules: null } });
    expect(none.limits).toBeNull();
    expect(none.effectiveLimits).toEqual(TIER_CONFIG.free.limits);
    expect(world.agent(tenant.id).record?.limits).toBeNull();
  });

  it('stay without a new version when they are as wanted already', async () => {
    await change({ limits: { maxSessions: 7, maxSchedules: 1 } });
    await change({ limits: { maxSchedules: 1, maxSessions: 7 } });
    await change({ limits: { maxQueuedTurns: null } });
    expect((await change({ tier: 'free' })).version).toBe(2);
    expect(await audits()).toHaveLength(1);
  });

  it('stay when something else is changed', async () => {
    await change({ limits: { maxSessions: 7 } });
    expect(await change({ tier: 'premium' })).toMatchObject({
      limits: { maxSessions: 7 },
      effectiveLimits: { ...TIER_CONFIG.premium.limits, maxSessions: 7 },
    });
    const suspended = await send('POST', `/${tenant.id}/suspend`, {});
    expect(await suspended.json()).toMatchObject({ limits: { maxSessions: 7 } });
  });

  it.each([
    {},
    { maxSessions: 0 },
    { maxSessions: 1.5 },
    { maxCallsPerMinute: -1 },
    { maxNanoPerMonth: 1e16 },
    { maxEverything: 1 },
    { maxSessions: '7' },
  ])('are refused when they make no sense: %j', async (limits) => {
    const response = await patch({ limits });
    expect([response.status, await audits()]).toEqual([400, []]);
  });
});
