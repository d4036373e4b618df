import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_ATTENTION_ENTRIES } from '../../contract/attention.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { overviewView, type Overview } from '../../contract/overview.ts';
import { createWorld, type World } from '../doubles/world.ts';
import { ATTENTION_MS } from '../sweep.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const TODAY = Date.UTC(2026, 10, 23);
const NOW = TODAY + 10 * HOUR_MS;
const MONTH = Date.UTC(2026, 10, 1);

let world: World;

beforeEach(async () => {
  world = await createWorld();
  world.deps.now = () => NOW;
  for (const table of [
    'agents',
    'wakes',
    'refusals',
    'notices',
    'usage_daily',
    'usage',
    'tenants',
  ]) {
    const kept = table === 'tenants' ? ` WHERE id <> '${SYSTEM_TENANT_ID}'` : '';
    await env.DB.prepare(`DELETE FROM ${table}${kept}`).run();
  }
});

async function insert(table: string, row: Record<string, unknown>): Promise<void> {
  const names = Object.keys(row);
  const marks = names.map(() => '?').join(', ');
  await env.DB.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`)
    .bind(...Object.values(row))
    .run();
}

/** A tenant with what its agent last said; null when it said nothing. */
async function tenant(
  id: string,
  of: { row?: object; agent?: Record<string, unknown> | null } = {},
): Promise<void> {
  const known = { platform: 'streamkinetics.com', tier: 'free', status: 'active', version: 1 };
  const times = { created_at: 1, updated_at: NOW };
  await insert('tenants', { id, slug: `slug-${id}`, ...known, ...times, ...of.row });
  if (of.agent === null) return;
  const said = { state: 'asleep', since: 5, generation: 1, applied_version: 1, updated_at: 5 };
  await insert('agents', { tenant_id: id, ...said, ...of.agent });
}

async function read(): Promise<Overview> {
  const response = await world.ask('http://localhost:8787/admin/api/overview');
  expect(response.status).toBe(200);
  return overviewView.parse(await response.json());
}

describe('the overview', () => {
  it('of a new system is zeros, and nothing waits', async () => {
    const { agents, tenants, wakes, usage, refusals, attention } = await read();
    expect(agents.states.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect([tenants, refusals.byRoute, refusals.byStatus, usage.asOf]).toEqual([[], [], [], null]);
    const none = { ready: 0, failed: 0, lost: 0, meanMs: null, maxMs: null };
    expect(wakes).toEqual({ today: none, yesterday: none });
    for (const list of Object.values(attention)) expect(list).toEqual({ count: 0, entries: [] });
  });

  it('counts agents by state and tenants by tier and status, and asks no agent', async () => {
    await tenant('a', { agent: { state: 'ready' } });
    await tenant('b', { agent: { state: 'ready' }, row: { tier: 'premium', status: 'suspended' } });
    await tenant('c');
    await tenant('d', { agent: null });
    await tenant('gone', { row: { status: 'deleted' } });
    const { agents, tenants } = await read();
    const counts = Object.fromEntries(agents.states.map(({ state, count }) => [state, count]));
    expect(counts).toMatchObject({ ready: 2, asleep: 1, failed: 0 });
    expect(agents.unheard).toBe(1);
    expect(tenants).toEqual([
      { tier: 'free', status: 'active', count: 3 },
      { tier: 'premium', status: 'suspended', count: 1 },
    ]);
    expect(world.agents.size).toBe(0);
  });

  it('compares wakes with yesterday up to this time of day', async () => {
    const wakes: [generation: number, outcome: string, at: number, ms: number][] = [
      [1, 'ready', NOW - DAY_MS + 1, 9],
      [2, 'ready', NOW - DAY_MS - 1, 300],
      [3, 'failed', TODAY - DAY_MS, 1],
      [4, 'ready', TODAY - DAY_MS - 1, 9],
      [5, 'ready', TODAY, 100],
      [6, 'ready', NOW, 200],
      [6, 'lost', NOW, 7_000],
    ];
    for (const [generation, outcome, at, ms] of wakes)
      await insert('wakes', { tenant_id: 't', generation, outcome, at, ms });
    expect((await read()).wakes).toEqual({
      today: { ready: 2, failed: 0, lost: 1, meanMs: 150, maxMs: 200 },
      yesterday: { ready: 1, failed: 1, lost: 0, meanMs: 300, maxMs: 300 },
    });
  });

  it('sums what was used today and all of yesterday, the built-in tenant apart', async () => {
    const sums = { attempts: 2, failures: 1, tokens_in: 10, tokens_out: 5, tokens_cached: 1 };
    for (const [day, tenant_id, cost_nano] of [
      [TODAY, 'a', 100],
      [TODAY, 'b', 10],
      [TODAY, SYSTEM_TENANT_ID, 7],
      [TODAY - DAY_MS, 'a', 50],
      [TODAY - 2 * DAY_MS, 'a', 1_000],
    ]) {
      const key = { platform: 'p', tier: 'free', workload: 'chat', model: 'm' };
      await insert('usage_daily', { day, tenant_id, ...key, ...sums, cost_nano });
    }
    const { usage } = await read();
    expect(usage.today).toMatchObject({ attempts: 4, failures: 2, tokensIn: 20, costNano: 110 });
    expect(usage.yesterday).toMatchObject({ attempts: 2, costNano: 50 });
    expect(usage.system).toMatchObject({ attempts: 2, costNano: 7 });
  });

  it('lists refusals by route with those that this isolate has not written yet', async () => {
    await insert('refusals', { hour: TODAY - DAY_MS, route: '/v1/models', status: 401, count: 4 });
    await insert('refusals', {
      hour: TODAY - DAY_MS - 1,
      route: '/v1/models',
      status: 401,
      count: 9,
    });
    await insert('refusals', { hour: TODAY, route: '/v1/models', status: 429, count: 2 });
    world.deps.refusalCounts.note({ route: '/v1/models', status: 429 }, NOW);
    world.deps.refusalCounts.note({ route: '/api/me', status: 401 }, NOW);
    expect((await read()).refusals).toEqual({
      byStatus: [
        { status: 401, today: 1, yesterday: 4 },
        { status: 429, today: 3, yesterday: 0 },
      ],
      byRoute: [
        { route: '/v1/models', status: 429, today: 3, yesterday: 0 },
        { route: '/api/me', status: 401, today: 1, yesterday: 0 },
        { route: '/v1/models', status: 401, today: 0, yesterday: 4 },
      ],
    });
  });
});

describe('what needs a person', () => {
  it('is each of its kinds, and nothing that is on its way', async () => {
    await tenant('failed', { agent: { state: 'failed', since: 77 } });
    await tenant('late', { agent: { next_due_at: NOW - ATTENTION_MS - 1 } });
    await tenant('due', { agent: { next_due_at: NOW - ATTENTION_MS + 1 } });
    await tenant('behind', { row: { version: 3, updated_at: NOW - ATTENTION_MS - 1 } });
    await tenant('changing', { row: { version: 3, updated_at: NOW - ATTENTION_MS + 1 } });
    const deleting = { status: 'deleting', version: 2 };
    await tenant('stuck', { row: { ...deleting, updated_at: NOW - ATTENTION_MS - 1 } });
    await tenant('leaving', { row: { ...deleting, updated_at: NOW - ATTENTION_MS + 1 } });
    await tenant('gone', { row: { status: 'deleted' }, agent: { state: 'failed' } });
    const { attention } = await read();
    const named = Object.entries(attention).map(([kind, { count, entries }]) => [
      kind,
      count,
      ...entries.map(({ tenantId }) => tenantId),
    ]);
    expect(named).toEqual([
      ['failed', 1, 'failed'],
      ['overdue', 1, 'late'],
      ['pending', 1, 'behind'],
      ['budget', 0],
      ['deleting', 1, 'stuck'],
    ]);
    expect(attention.failed.entries[0]).toEqual({
      tenantId: 'failed',
      slug: 'slug-failed',
      since: 77,
    });
    expect(attention.pending.entries[0]).toMatchObject({ version: 3, appliedVersion: 1 });
  });

  it('is a budget of this month, once for each tenant and as far as it is', async () => {
    const note = async (tenantId: string, percent: number, at: number, month = MONTH) =>
      insert('notices', {
        id: `${tenantId}:${month}:${percent}`,
        tenant_id: tenantId,
        kind: `budget_${percent}`,
        data: JSON.stringify({ month, usedNano: percent, limitNano: 100 }),
        at,
      });
    await tenant('a');
    await tenant('b');
    await tenant('c');
    await note('a', 80, NOW - 5);
    await note('b', 80, NOW - 4);
    await note('b', 100, NOW - 3);
    await note('c', 100, MONTH + 1, Date.UTC(2026, 9, 1));
    const { budget } = (await read()).attention;
    expect(budget).toEqual({
      count: 2,
      entries: [
        {
          tenantId: 'b',
          slug: 'slug-b',
          kind: 'budget_100',
          at: NOW - 3,
          usedNano: 100,
          limitNano: 100,
        },
        {
          tenantId: 'a',
          slug: 'slug-a',
          kind: 'budget_80',
          at: NOW - 5,
          usedNano: 80,
          limitNano: 100,
        },
      ],
    });
  });

  it('is counted where it is too much to be named, the longest waiting first', async () => {
    for (let n = 0; n < MAX_ATTENTION_ENTRIES + 3; n++)
      await tenant(`t${n}`, { agent: { state: 'failed', since: 1_000 - n } });
    const { failed } = (await read()).attention;
    expect(failed.count).toBe(MAX_ATTENTION_ENTRIES + 3);
    expect(failed.entries).toHaveLength(MAX_ATTENTION_ENTRIES);
    expect(failed.entries[0]?.tenantId).toBe(`t${MAX_ATTENTION_ENTRIES + 2}`);
  });
});
