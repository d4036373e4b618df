import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditList } from '../../contract/audit.ts';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { writeAudit } from '../../db/queries/audit.ts';
import { openDb } from '../../db/queries/open.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787/admin/api';
const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 1, 12);
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  tenant = createdTenant.parse(
    await (await world.ask(`${SYSTEM}/tenants`, { method: 'POST', body })).json(),
  );
  await env.DB.exec('DELETE FROM audit');
  const rows: [number, string, string, string | null, unknown][] = [
    [0, 'ada@example.com', 'tenant.create', tenant.id, { slug: 'acme' }],
    [1, 'ada@example.com', 'tenant.update', tenant.id, { tier: 'premium' }],
    [2, 'bob@example.com', 'tenant.update', crypto.randomUUID(), { tier: 'Enterprise' }],
    [3, 'bob@example.com', 'policy.activate', null, { version: 3 }],
    [4, 'ci.access', 'agent.wake', tenant.id, null],
  ];
  for (const [days, actor, action, tenantId, after] of rows) {
    const target = tenantId === null ? 'policy:3' : `tenant:${tenantId}`;
    const at = NOON + days * DAY;
    const before = { was: 100 };
    const requestId = `request-${days}`;
    await writeAudit(openDb(env.DB), {
      at,
      actor,
      action,
      target,
      tenantId,
      before,
      after,
      requestId,
    });
  }
});

const read = async (query: string) =>
  auditList.parse(await (await world.ask(`${SYSTEM}/audit?${query}`)).json());
/** The days of the entries that a query finds. */
const days = async (query: string): Promise<number[]> =>
  (await read(query)).entries.map(({ at }) => (at - NOON) / DAY);

describe('the audit', () => {
  it('says who, what, before, after and by which request, the newest first', async () => {
    const { entries, cursor } = await read('');
    expect(entries.map(({ requestId }) => requestId)).toEqual(
      [4, 3, 2, 1, 0].map((day) => `request-${day}`),
    );
    expect(cursor).toBeNull();
    expect(entries[3]).toEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      at: NOON + DAY,
      actor: 'ada@example.com',
      action: 'tenant.update',
      target: `tenant:${tenant.id}`,
      tenantId: tenant.id,
      tenantSlug: tenant.slug,
      before: { was: 100 },
      after: { tier: 'premium' },
      requestId: 'request-1',
    });
  });

  it('is searched by each of its parts, and all of them together', async () => {
    expect(await days('actor=bob@example.com')).toEqual([3, 2]);
    expect(await days('action=tenant.update')).toEqual([2, 1]);
    expect(await days('target=policy:3')).toEqual([3]);
    expect(await days(`tenant=${tenant.slug}`)).toEqual([4, 1, 0]);
    expect(await days(`tenant=${tenant.id}`)).toEqual([4, 1, 0]);
    expect(await days(`since=${NOON + DAY}&before=${NOON + 3 * DAY}`)).toEqual([2, 1]);
    const [newest] = (await read('')).entries;
    expect(await days(`id=${newest?.id}`)).toEqual([4]);
    expect(await days('q=ENTERPRISE')).toEqual([2]);
    expect(await days('q=request-4')).toEqual([4]);
    expect(await days('q=100%25')).toEqual([]);
    expect(await days(`action=tenant.update&actor=ada@example.com&tenant=${tenant.id}`)).toEqual([
      1,
    ]);
    expect(await days('actor=eve@example.com')).toEqual([]);
  });

  it('comes in pages that neither repeat nor leave out, also while it grows', async () => {
    const first = await read('limit=2');
    await writeAudit(openDb(env.DB), {
      at: NOON + 9 * DAY,
      actor: 'x',
      action: 'y.z',
      target: 't',
      tenantId: null,
      before: null,
      after: null,
      requestId: 'r',
    });
    const second = await read(`limit=2&cursor=${first.cursor}`);
    const third = await read(`limit=2&cursor=${second.cursor}`);
    const all = [...first.entries, ...second.entries, ...third.entries];
    expect(all.map(({ requestId }) => requestId)).toEqual(
      [4, 3, 2, 1, 0].map((day) => `request-${day}`),
    );
    expect(third.cursor).toBeNull();
  });

  it.each(['limit=0', 'limit=201', 'cursor=x', 'since=soon', 'before=-1', 'since=1e99', 'actor='])(
    'refuses %s',
    async (query) => {
      expect((await world.ask(`${SYSTEM}/audit?${query}`)).status).toBe(400);
    },
  );

  it('finds nothing by what would be another query', async () => {
    expect(await days(`q=${encodeURIComponent("' OR 1=1 --")}`)).toEqual([]);
    expect(await days(`actor=${encodeURIComponent('%')}`)).toEqual([]);
    expect((await world.ask(`${SYSTEM}/audit?tenant=nobody-here`)).status).toBe(404);
  });
});
