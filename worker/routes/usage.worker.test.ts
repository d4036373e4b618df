import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { allowanceView } from '../../contract/allowance.ts';
import { createdTenant, usageList, type CreatedTenant } from '../../contract/api.ts';
import { errorBody } from '../../contract/errors.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import type { UsageRow } from '../../contract/usage.ts';
import {
  MAX_BREAKDOWN_TENANTS,
  MAX_REPORT_GROUPS,
  usageBreakdown,
  usageReport,
  type UsageBreakdown,
  type UsageReport,
} from '../../contract/usage-report.ts';
import { makeUsageRow } from '../../db/doubles/usage-row.ts';
import { openDb } from '../../db/queries/open.ts';
import { insertUsage } from '../../db/queries/usage.ts';
import { ALLOWANCE, INVITE_TOKEN } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
const DAY_MS = 86_400_000;
const TODAY = Date.UTC(2026, 10, 22);
const db = openDb(env.DB);
let world: World;
let one: CreatedTenant;
let two: CreatedTenant;

async function createTenant(): Promise<CreatedTenant> {
  const made = await world.ask(`${SYSTEM}/admin/api/tenants`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' }),
  });
  return createdTenant.parse(await made.json());
}

let booked = 0;
/** Books an attempt for $1 of a tenant, some days ago. */
async function book(tenantId: string, daysAgo: number, changed: Partial<UsageRow> = {}) {
  booked += 1;
  const created_at = TODAY - daysAgo * DAY_MS + 5;
  const row = { tenant_id: tenantId, created_at, settled_at: created_at + 7, model: 'fast' };
  const cost = { cost_nano: 1_000_000_000 };
  await insertUsage(db, [makeUsageRow(`booked-${booked}.1`, { ...row, ...cost, ...changed })]);
}

beforeEach(async () => {
  world = await createWorld();
  world.deps.now = () => TODAY + DAY_MS / 2;
  await env.DB.batch(['usage', 'usage_daily'].map((t) => env.DB.prepare(`DELETE FROM ${t}`)));
  one = await createTenant();
  two = await createTenant();
});

async function codeOf(response: Response): Promise<string> {
  return errorBody.parse(await response.json()).error.code;
}

async function report(query = ''): Promise<UsageReport> {
  const response = await world.ask(`${SYSTEM}/admin/api/usage${query}`);
  expect(response.status).toBe(200);
  return usageReport.parse(await response.json());
}

/** What stands where: each group's key and its attempts. */
const counts = ({ groups }: UsageReport): unknown[] =>
  groups.map(({ key, attempts }) => [key, attempts]);

describe('a report for operators', () => {
  it('is of the last 30 days by day, with what failed and what it cost', async () => {
    await book(one.id, 0);
    await book(one.id, 0, { outcome: 'timeout', tokens_cached: 4 });
    await book(two.id, 29);
    await book(two.id, 30);
    expect(await report()).toEqual({
      from: '2026-10-24',
      to: '2026-11-22',
      by: 'day',
      groups: [
        expect.objectContaining({ key: '2026-10-24', label: '2026-10-24', attempts: 1 }),
        {
          key: '2026-11-22',
          label: '2026-11-22',
          attempts: 2,
          failures: 1,
          tokensIn: 20,
          tokensOut: 10,
          tokensCached: 4,
          costNano: 2_000_000_000,
        },
      ],
      more: false,
      totals: expect.objectContaining({ attempts: 3, failures: 1, costNano: 3_000_000_000 }),
      system: expect.objectContaining({ attempts: 0, costNano: 0 }),
      asOf: TODAY - 30 * DAY_MS + 12,
    });
  });

  it('shows the system tenant apart, and in the groups only when it is asked for', async () => {
    await book(SYSTEM_TENANT_ID, 1);
    await book(one.id, 2);
    const all = await report('?by=tenant');
    expect(counts(all)).toEqual([[one.id, 1]]);
    expect(all.totals.attempts).toBe(1);
    expect(all.system?.attempts).toBe(1);
    const own = await report('?by=tenant&tenant=system');
    expect(counts(own)).toEqual([[SYSTEM_TENANT_ID, 1]]);
    expect([own.totals.attempts, own.system]).toEqual([1, null]);
  });

  it('groups by what is asked for, the dearest first', async () => {
    await book(one.id, 1, { model: 'fast', workload: 'chat', tier: 'free', platform: 'a.example' });
    await book(two.id, 1, { model: 'good', workload: 'chat', tier: 'premium', cost_nano: 9e9 });
    await book(two.id, 2, { model: 'good', workload: 'monitor', tier: 'premium' });
    const first = async (by: string): Promise<unknown> => counts(await report(`?by=${by}`));
    expect(await first('model')).toEqual([
      ['good', 2],
      ['fast', 1],
    ]);
    expect(await first('workload')).toEqual([
      ['chat', 2],
      ['monitor', 1],
    ]);
    expect(await first('tier')).toEqual([
      ['premium', 2],
      ['free', 1],
    ]);
    expect(await first('platform')).toEqual([
      ['streamkinetics.com', 2],
      ['a.example', 1],
    ]);
    const tenants = await report('?by=tenant');
    expect(tenants.groups.map(({ key, label }) => [key, label])).toEqual([
      [two.id, two.slug],
      [one.id, one.slug],
    ]);
  });

  it('is narrowed down by tenant, model, workload, platform and days', async () => {
    await book(one.id, 1, { model: 'good', workload: 'monitor', platform: 'a.example' });
    await book(one.id, 9);
    await book(two.id, 1);
    const attempts = async (query: string): Promise<number> =>
      (await report(query)).totals.attempts;
    expect(await attempts(`?tenant=${one.slug}`)).toBe(2);
    expect(await attempts(`?tenant=${two.id}`)).toBe(1);
    expect(await attempts('?model=good')).toBe(1);
    expect(await attempts('?workload=chat')).toBe(2);
    expect(await attempts('?platform=a.example')).toBe(1);
    expect(await attempts('?from=2026-11-21&to=2026-11-21')).toBe(2);
    expect(await attempts(`?from=2026-11-14&tenant=${one.slug}&model=fast`)).toBe(0);
    expect((await report('?tenant=' + two.id)).asOf).toBe(TODAY - DAY_MS + 12);
  });

  it('lists so many groups and no more, and still counts all', async () => {
    const rows = Array.from({ length: MAX_REPORT_GROUPS + 1 }, (_, n) =>
      makeUsageRow(`many-${n}.1`, { tenant_id: one.id, model: `m-${n}`, created_at: TODAY }),
    );
    await insertUsage(db, rows.slice(0, 300));
    await insertUsage(db, rows.slice(300));
    const found = await report('?by=model');
    expect([found.groups.length, found.more]).toEqual([MAX_REPORT_GROUPS, true]);
    expect(found.totals.attempts).toBe(MAX_REPORT_GROUPS + 1);
  });

  it('is empty when nothing was booked', async () => {
    expect(await report()).toMatchObject({ groups: [], more: false, asOf: null });
  });

  it.each([
    '?from=yesterday',
    '?from=2026-02-30',
    '?from=2026-11-02&to=2026-11-01',
    '?from=2024-01-01',
    '?by=member',
  ])('refuses %s', async (query) => {
    const response = await world.ask(`${SYSTEM}/admin/api/usage${query}`);
    expect([response.status, await codeOf(response)]).toEqual([400, 'invalid_request']);
  });

  it('refuses a tenant that is none', async () => {
    const response = await world.ask(`${SYSTEM}/admin/api/usage?tenant=nobody-here`);
    expect(await codeOf(response)).toBe('tenant_not_found');
  });
});

it('rows of a tenant come by pages, of the days that are asked for, with totals of these', async () => {
  for (const daysAgo of [0, 1, 1, 400]) await book(one.id, daysAgo);
  await book(two.id, 1);
  const list = async (query: string) => {
    const response = await world.ask(`${SYSTEM}/admin/api/tenants/${one.slug}/usage${query}`);
    return usageList.parse(await response.json());
  };
  expect((await list('')).totals.attempts).toBe(4);
  const first = await list('?from=2026-11-21&to=2026-11-22&limit=2');
  expect(first.rows.map((row) => row.created_at)).toEqual([TODAY + 5, TODAY - DAY_MS + 5]);
  expect(first.totals).toMatchObject({ attempts: 3, costNano: 3_000_000_000 });
  const rest = await list(`?from=2026-11-21&to=2026-11-22&limit=2&cursor=${first.cursor}`);
  expect([rest.rows.length, rest.cursor]).toEqual([1, null]);
  expect(rest.totals.attempts).toBe(3);
});

it('rows of a tenant are narrowed down by what they were and how they ended', async () => {
  await book(one.id, 1, { model: 'good', workload: 'monitor', tier: 'premium' });
  await book(one.id, 1, { outcome: 'timeout' });
  await book(one.id, 2, { outcome: 'cut', platform: 'a.example' });
  await book(one.id, 3);
  const list = async (query: string) => {
    const response = await world.ask(`${SYSTEM}/admin/api/tenants/${one.slug}/usage${query}`);
    const { rows, totals } = usageList.parse(await response.json());
    return [rows.length, totals.attempts];
  };
  expect(await list('?model=good')).toEqual([1, 1]);
  expect(await list('?workload=monitor')).toEqual([1, 1]);
  expect(await list('?tier=free')).toEqual([3, 3]);
  expect(await list('?platform=a.example')).toEqual([1, 1]);
  expect(await list('?outcome=timeout')).toEqual([1, 4]);
  expect(await list('?outcome=failed')).toEqual([2, 4]);
  expect(await list('?outcome=ok&model=fast')).toEqual([1, 3]);
  const refused = await world.ask(`${SYSTEM}/admin/api/tenants/${one.slug}/usage?outcome=bad`);
  expect(await codeOf(refused)).toBe('invalid_request');
});

it('rows of a kind are looked for in the last 30 days, unless days are named', async () => {
  await book(one.id, 40, { outcome: 'timeout' });
  const found = async (query: string): Promise<number> => {
    const response = await world.ask(`${SYSTEM}/admin/api/tenants/${one.slug}/usage${query}`);
    return usageList.parse(await response.json()).rows.length;
  };
  expect([await found(''), await found('?outcome=failed')]).toEqual([1, 0]);
  expect(await found('?outcome=failed&from=2026-10-01')).toBe(1);
});

describe('a breakdown for operators', () => {
  async function breakdown(query = ''): Promise<UsageBreakdown> {
    const response = await world.ask(`${SYSTEM}/admin/api/usage/breakdown${query}`);
    expect(response.status).toBe(200);
    return usageBreakdown.parse(await response.json());
  }

  it('has the sums of every report of the same range, in one answer', async () => {
    await book(one.id, 0, { model: 'good', workload: 'monitor', tier: 'premium', cost_nano: 9e9 });
    await book(one.id, 1, { platform: 'a.example', outcome: 'cut' });
    await book(two.id, 1, { tokens_cached: 3 });
    await book(SYSTEM_TENANT_ID, 1);
    const query = '?from=2026-11-20';
    const { days, models, workloads, platforms, tiers, tenants, ...all } = await breakdown(query);
    const found = { day: days, model: models, workload: workloads, platform: platforms };
    for (const [by, groups] of Object.entries({ ...found, tier: tiers, tenant: tenants })) {
      const single = await report(`${query}&by=${by}`);
      expect([by, groups]).toEqual([by, single.groups]);
      expect(all.totals).toEqual(single.totals);
      expect([all.system, all.asOf]).toEqual([single.system, single.asOf]);
    }
  });

  it('compares with as many days right before, by the same filters', async () => {
    for (const daysAgo of [0, 1, 2, 3, 4]) await book(one.id, daysAgo);
    await book(two.id, 2);
    await book(SYSTEM_TENANT_ID, 2);
    const { totals, previous } = await breakdown('?from=2026-11-21&to=2026-11-22');
    expect([totals.attempts, previous]).toEqual([
      2,
      { from: '2026-11-19', to: '2026-11-20', totals: expect.objectContaining({ attempts: 3 }) },
    ]);
    const own = await breakdown(`?from=2026-11-21&to=2026-11-22&tenant=${two.slug}`);
    expect([own.totals.attempts, own.previous.totals.attempts, own.system]).toEqual([0, 1, null]);
  });

  it('is narrowed down like a report, and lists the dearest tenants of how many', async () => {
    await book(one.id, 1, { model: 'good', workload: 'monitor', tier: 'premium' });
    await book(two.id, 1);
    for (const query of ['?model=good', '?workload=monitor', '?tier=premium']) {
      const { tenants, tenantCount } = await breakdown(query);
      expect([tenants.map(({ label }) => label), tenantCount]).toEqual([[one.slug], 1]);
    }
    const rows = Array.from({ length: MAX_BREAKDOWN_TENANTS }, (_, n) =>
      makeUsageRow(`crowd-${n}.1`, { tenant_id: `crowd-${n}`, created_at: TODAY, cost_nano: 1 }),
    );
    await insertUsage(db, rows);
    const { tenants, tenantCount, totals } = await breakdown();
    expect([tenants.length, tenantCount]).toEqual([
      MAX_BREAKDOWN_TENANTS,
      MAX_BREAKDOWN_TENANTS + 2,
    ]);
    expect([tenants[0]?.costNano, totals.attempts]).toEqual([1e9, MAX_BREAKDOWN_TENANTS + 2]);
  });

  it('is empty when nothing was booked', async () => {
    const empty = { days: [], models: [], tenants: [], tenantCount: 0, asOf: null };
    expect(await breakdown()).toMatchObject(empty);
  });
});

describe('a tenant’s own report', () => {
  async function signIn(tenant: CreatedTenant): Promise<string> {
    const signedIn = await world.ask(`${tenant.url}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: tenant.url },
      body: JSON.stringify({ invite: INVITE_TOKEN }),
    });
    return signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  }
  async function ask(tenant: CreatedTenant, query: string, cookie: string): Promise<Response> {
    return world.ask(`${tenant.url}/api/usage${query}`, { headers: { cookie } });
  }
  beforeEach(async () => {
    await book(one.id, 1, { model: 'good' });
    await book(one.id, 2);
    await book(two.id, 1);
    await book(SYSTEM_TENANT_ID, 1);
  });

  it('is given to its owner, and holds nothing of anybody else', async () => {
    const cookie = await signIn(one);
    const own = usageReport.parse(await (await ask(one, '', cookie)).json());
    expect(counts(own)).toEqual([
      ['2026-11-20', 1],
      ['2026-11-21', 1],
    ]);
    expect([own.totals.attempts, own.system, own.asOf]).toEqual([2, null, TODAY - DAY_MS + 12]);
    const models = usageReport.parse(await (await ask(one, '?by=model', cookie)).json());
    expect(models.groups.map(({ key }) => key).toSorted()).toEqual(['fast', 'good']);
  });

  it('stays its own whatever other tenant is named', async () => {
    const cookie = await signIn(one);
    for (const name of [two.id, two.slug, SYSTEM_TENANT_ID]) {
      const answer = usageReport.parse(await (await ask(one, `?tenant=${name}`, cookie)).json());
      expect([answer.totals.attempts, answer.system]).toEqual([2, null]);
    }
    const foreign = await ask(two, '', cookie);
    expect(await codeOf(foreign)).toBe('unauthenticated');
  });

  it.each(['tenant', 'platform', 'tier'])('cannot be grouped by %s', async (by) => {
    const response = await ask(one, `?by=${by}`, await signIn(one));
    expect(response.status).toBe(400);
  });

  it('is refused to members who are no owners, and to nobody known', async () => {
    const cookie = await signIn(one);
    world.agent(one.id).memberRole = 'user';
    const refused = await ask(one, '', cookie);
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'forbidden']);
    expect((await ask(one, '', '')).status).toBe(401);
  });

  it('is given to operators by path', async () => {
    const response = await world.ask(`${SYSTEM}/t/${one.slug}/api/usage?by=workload`);
    const own = usageReport.parse(await response.json());
    expect([counts(own), own.system]).toEqual([[['chat', 2]], null]);
  });
});

describe('a tenant’s allowance', () => {
  it('is what its agent says, to whoever the agent lets see it', async () => {
    const answer = await world.ask(`${SYSTEM}/t/${one.slug}/api/allowance`);
    expect(allowanceView.parse(await answer.json())).toEqual(ALLOWANCE);
    expect(world.agent(one.id).asked.at(-1)?.method).toBe('allowance');
    expect(world.agent(two.id).asked.some(({ method }) => method === 'allowance')).toBe(false);
  });
});
