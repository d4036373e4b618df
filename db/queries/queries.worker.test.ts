import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AgentSort } from '../../contract/agent-list.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import {
  agentPosition,
  countAgents,
  listAgents,
  type AgentFilter,
  type AgentPosition,
} from './agent-list.ts';
import {
  deleteAgentRow,
  listSweepRows,
  markApplied,
  newAgentRow,
  upsertAgentRow,
  type AgentRow,
} from './agents.ts';
import { openDb } from './open.ts';
import { readActivePolicy } from './policies.ts';
import { insertTenant, listTenants, tenantById, updateTenant } from './tenants.ts';

const db = openDb(env.DB);

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const slugs = (list: { slug: string }[]): string[] => list.map((row) => row.slug);
const tenant = (slug: string, changed: object = {}) => ({
  id: crypto.randomUUID(),
  slug,
  platform: 'streamkinetics.com',
  tier: 'free' as const,
  status: 'active' as const,
  region: null,
  internet: null,
  limits: null,
  version: 1,
  createdAt: 1_000,
  updatedAt: 1_000,
  deletedAt: null,
  ...changed,
});
const entry = {
  at: 1_000,
  actor: 'ada@example.com',
  action: 'tenant.create',
  target: 'tenant:x',
  tenantId: null,
  before: null,
  after: { a: 1 },
  requestId: 'r',
};
async function made(slug: string): Promise<ReturnType<typeof tenant>> {
  const row = tenant(slug);
  await insertTenant(db, { tenant: row, hostname: `${slug}.streamkinetics.com`, entry });
  return row;
}

it('writes the seed policy when there is none, however many ask first', async () => {
  const found = await Promise.all([1, 2, 3].map(() => readActivePolicy(db, 1)));
  expect(found).toEqual([SEED_POLICY, SEED_POLICY, SEED_POLICY]);
});

it('keeps the newest word of an agent, and never a smaller applied version', async () => {
  const { id } = await made('words');
  const row: AgentRow = { ...newAgentRow(id, 1), state: 'ready', appliedVersion: 3, updatedAt: 20 };
  await upsertAgentRow(db, row);
  await upsertAgentRow(db, { ...row, state: 'starting', updatedAt: 10 });
  await upsertAgentRow(db, { ...row, state: 'draining', appliedVersion: 2, updatedAt: 30 });
  await markApplied(db, { tenantId: id, version: 1, now: 40 });
  expect(await tenantById(db, id)).toMatchObject({
    state: 'draining',
    appliedVersion: 3,
    hostnames: ['words.streamkinetics.com'],
  });
});

it('finds for cron the agents that are behind or overdue, and no others', async () => {
  const behind = await made('found-behind');
  const overdue = await made('found-overdue');
  const fine = await made('found-fine');
  await upsertAgentRow(db, {
    ...newAgentRow(overdue.id, 1),
    appliedVersion: 1,
    nextDueAt: 99,
    updatedAt: 2,
  });
  await upsertAgentRow(db, {
    ...newAgentRow(fine.id, 1),
    appliedVersion: 1,
    nextDueAt: 101,
    updatedAt: 2,
  });
  const ids = (await listSweepRows(db, { dueBefore: 100, limit: 50 })).map((row) => row.tenantId);
  expect(ids).toContain(behind.id);
  expect(ids).toContain(overdue.id);
  expect(ids).not.toContain(fine.id);
});

it('changes a tenant only from the version that was seen, with one audit entry', async () => {
  const before = await made('changing');
  const change = { before, set: { tier: 'premium' as const }, entry: { ...entry, target: 'c' } };
  expect(await updateTenant(db, change)).toBe(true);
  expect(await updateTenant(db, change)).toBe(false);
  expect(await tenantById(db, before.id)).toMatchObject({ tier: 'premium', version: 2 });
  const audits = await env.DB.prepare(`SELECT "after" FROM audit WHERE target = 'c'`).all();
  expect(audits.results).toEqual([{ after: '{"a":1}' }]);
});

it('lists tenants newest first, by pages and by a part of their name', async () => {
  for (const [index, slug] of ['pag-a', 'pag-b', 'pag-c'].entries()) {
    const row = tenant(slug, { createdAt: 5_000 + index });
    await insertTenant(db, { tenant: row, hostname: `${slug}.x`, entry });
  }
  const first = await listTenants(db, { q: 'PAG-', limit: 2, after: null });
  expect(slugs(first)).toEqual(['pag-c', 'pag-b']);
  const last = first[1] ?? { createdAt: 0, id: '' };
  const after = { createdAt: last.createdAt, id: last.id };
  expect(slugs(await listTenants(db, { q: 'pag-', limit: 2, after }))).toEqual(['pag-a']);
  expect(await listTenants(db, { q: '%', limit: 2, after: null })).toEqual([]);
});

describe('the agents’ list', () => {
  const platform = 'agents.example';
  const ids: Record<string, string> = {};
  const list = (query: Partial<Parameters<typeof listAgents>[1]> = {}) =>
    listAgents(db, {
      q: '',
      sort: 'created',
      order: 'desc',
      after: null,
      limit: 9,
      platform,
      lateBefore: 50,
      ...query,
    });

  beforeAll(async () => {
    const add = async (slug: string, changed: object): Promise<void> => {
      const row = tenant(slug, { platform, ...changed });
      await insertTenant(db, { tenant: row, hostname: `${slug}.${platform}`, entry });
      await markApplied(db, { tenantId: row.id, version: 1, now: 1 });
      ids[slug] = row.id;
    };
    await add('listed-silent', { createdAt: 1 });
    await add('listed-ready', { createdAt: 2, tier: 'premium' });
    await add('listed-gone', { createdAt: 3, status: 'deleted', updatedAt: 40 });
    await deleteAgentRow(db, ids['listed-gone'] ?? '');
    await add('listed-failed', { createdAt: 4, tier: 'enterprise', status: 'suspended' });
    const said = (slug: string, changed: Partial<AgentRow>) =>
      upsertAgentRow(db, { ...newAgentRow(ids[slug] ?? '', 5), updatedAt: 60, ...changed });
    await said('listed-ready', { state: 'ready', generation: 4, nextDueAt: 70 });
    await said('listed-failed', { state: 'failed', since: 3, nextDueAt: 49 });
  });

  it('says what agents last said of themselves, without deleted ones', async () => {
    const found = await list();
    expect(slugs(found)).toEqual(['listed-failed', 'listed-ready', 'listed-silent']);
    expect(found[1]).toEqual({
      tenantId: ids['listed-ready'],
      slug: 'listed-ready',
      platform,
      tier: 'premium',
      status: 'active',
      state: 'ready',
      since: 5,
      generation: 4,
      nextDueAt: 70,
      updatedAt: 60,
      createdAt: 2,
      attention: [],
    });
    expect(found[2]).toMatchObject({ state: 'asleep', updatedAt: null });
  });

  it.each<[Partial<AgentFilter>, string[]]>([
    [{ state: 'ready' }, ['ready']],
    [{ tier: 'free' }, ['silent']],
    [{ q: 'SILENT' }, ['silent']],
    [{ status: 'suspended' }, ['failed']],
    [{ status: 'active', state: 'asleep' }, ['silent']],
    [{ status: 'deleted' }, ['gone']],
    [{ attention: true }, ['failed']],
    [{ attention: true, lateBefore: 2_000 }, ['failed', 'ready']],
    [{ platform: 'other.example' }, []],
  ])('narrows itself down to %j, and counts the same', async (filter, expected) => {
    const wanted = expected.map((name) => `listed-${name}`);
    expect(slugs(await list(filter))).toEqual(wanted);
    const counted = { q: '', platform, lateBefore: 50, ...filter };
    expect(await countAgents(db, counted)).toBe(wanted.length);
  });

  it('finds an agent by its tenant’s id', async () => {
    expect(slugs(await list({ q: ids['listed-ready'] ?? '' }))).toEqual(['listed-ready']);
  });

  it('says why a person should look', async () => {
    const why = async (lateBefore: number) =>
      Object.fromEntries((await list({ lateBefore })).map((row) => [row.slug, row.attention]));
    expect(await why(49)).toMatchObject({ 'listed-failed': ['failed'], 'listed-ready': [] });
    expect(await why(50)).toMatchObject({ 'listed-failed': ['failed', 'overdue'] });
    const row = await tenantById(db, ids['listed-silent'] ?? '');
    if (!row) throw new Error('it is gone');
    const { hostnames: _, state: __, appliedVersion: ___, ...before } = row;
    await updateTenant(db, { before, set: { tier: 'free' }, entry: { ...entry, at: 100 } });
    expect(await why(100)).toMatchObject({ 'listed-silent': [] });
    expect(await why(101)).toMatchObject({ 'listed-silent': ['behind'] });
    await updateTenant(db, {
      before: { ...before, version: 2 },
      set: { status: 'deleting' },
      entry: { ...entry, at: 100 },
    });
    expect(await why(101)).toMatchObject({ 'listed-silent': ['deleting'] });
    await updateTenant(db, {
      before: { ...before, version: 3 },
      set: { status: 'active' },
      entry: { ...entry, at: 100 },
    });
  });

  it.each<[AgentSort, string[]]>([
    ['created', ['silent', 'ready', 'failed']],
    ['slug', ['failed', 'ready', 'silent']],
    ['since', ['silent', 'failed', 'ready']],
    ['tier', ['silent', 'ready', 'failed']],
    ['state', ['silent', 'ready', 'failed']],
  ])(
    'is sorted by %s both ways, and each page goes on where the one before ended',
    async (sort, names) => {
      const wanted = names.map((name) => `listed-${name}`);
      for (const order of ['asc', 'desc'] as const) {
        const paged: string[] = [];
        let after: AgentPosition | null = null;
        for (let page = await list({ sort, order, after, limit: 1 }); page[0];) {
          paged.push(page[0].slug);
          after = agentPosition(sort, page[0]);
          page = await list({ sort, order, after, limit: 1 });
        }
        expect(paged).toEqual(order === 'asc' ? wanted : wanted.toReversed());
      }
    },
  );
});
