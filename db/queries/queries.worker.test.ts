import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { listAgents } from './agent-list.ts';
import {
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

it('lists agents as they last said of themselves, by state, platform, tier and name', async () => {
  const platform = 'agents.example';
  const add = async (slug: string, changed: object): Promise<string> => {
    const row = tenant(slug, { platform, ...changed });
    await insertTenant(db, { tenant: row, hostname: `${slug}.${platform}`, entry });
    return row.id;
  };
  const silent = await add('listed-silent', { createdAt: 1 });
  const ready = await add('listed-ready', { createdAt: 2, tier: 'premium' });
  await add('listed-gone', { createdAt: 3, status: 'deleted' });
  await upsertAgentRow(db, {
    ...newAgentRow(ready, 5),
    state: 'ready',
    generation: 4,
    nextDueAt: 70,
    updatedAt: 60,
  });
  const list = (query: object) =>
    listAgents(db, { q: '', after: null, limit: 9, platform, ...query });
  expect(await list({})).toEqual([
    {
      tenantId: ready,
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
    },
    expect.objectContaining({ tenantId: silent, state: 'asleep', updatedAt: null }),
  ]);
  expect(slugs(await list({ state: 'ready' }))).toEqual(['listed-ready']);
  expect(slugs(await list({ tier: 'free' }))).toEqual(['listed-silent']);
  expect(slugs(await list({ q: 'SILENT' }))).toEqual(['listed-silent']);
  expect(slugs(await list({ q: ready }))).toEqual(['listed-ready']);
  expect(slugs(await list({ limit: 1 }))).toEqual(['listed-ready']);
  expect(slugs(await list({ after: { createdAt: 2, id: ready } }))).toEqual(['listed-silent']);
  expect(await list({ platform: 'other.example' })).toEqual([]);
});
