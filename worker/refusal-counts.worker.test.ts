import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDb } from '../db/queries/open.ts';
import { runCron } from './cron.ts';
import { createWorld, type World } from './doubles/world.ts';
import { FLUSH_EVERY_MS, MAX_COUNTS, RefusalCounts } from './refusal-counts.ts';
import { COUNTS_KEPT_MS, thinCounts } from './thin-counts.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const SESSIONS = 'http://acme.localhost:8787/api/sessions';
let world: World;
let now: number;
let writes: number;

beforeEach(async () => {
  writes = 0;
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'prepare' && String(args[0]).includes('into "refusals"')) writes += 1;
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  world = await createWorld({ env: { DB } });
  now = NOON;
  world.deps.now = () => now;
  await env.DB.prepare('DELETE FROM refusals').run();
  await env.DB.prepare('DELETE FROM wakes').run();
  await world.ask('http://localhost:8787/admin/api/tenants', {
    method: 'POST',
    body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free', slug: 'acme' }),
  });
});

async function inD1(): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    'SELECT hour, route, status, count FROM refusals ORDER BY hour, route, status',
  ).all();
  return results;
}

describe('refusals', () => {
  it('are counted by hour, route and status, and by nothing that a client chooses', async () => {
    await world.ask(SESSIONS);
    now += FLUSH_EVERY_MS;
    for (const id of ['a', 'b', 'c']) {
      const path = `/api/sessions/01HZZZZZZZZZZZZZZZZZZZZZZ${id.toUpperCase()}?secret=${id}`;
      await world.ask(`http://acme.localhost:8787${path}`, { headers: { 'x-forwarded-for': id } });
    }
    now += FLUSH_EVERY_MS;
    await world.ask('http://localhost:8787/healthz');
    const hour = NOON;
    expect(await inD1()).toEqual([
      { hour, route: '/api/sessions', status: 401, count: 1 },
      { hour, route: '/api/sessions/:sessionId', status: 401, count: 3 },
    ]);
  });

  it('of a flood are one write in ten seconds', async () => {
    for (let n = 0; n < 50; n++) await world.ask(SESSIONS);
    expect(writes).toBe(1);
    now += FLUSH_EVERY_MS;
    await world.ask(SESSIONS);
    expect(writes).toBe(2);
    expect(await inD1()).toEqual([{ hour: NOON, route: '/api/sessions', status: 401, count: 51 }]);
  });

  it('that D1 does not take are given up and logged, and cost no answer', async () => {
    world.env.DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === 'prepare') throw new Error('D1 is down');
        return Reflect.get(target, name) as unknown;
      },
    });
    world.deps.refusalCounts.note({ route: '/x', status: 429 }, now);
    expect((await world.ask('http://localhost:8787/healthz')).status).toBe(200);
    expect(world.log).toContainEqual(expect.objectContaining({ event: 'refusals.flush.failed' }));
    expect(world.deps.refusalCounts.isDue(now + FLUSH_EVERY_MS)).toBe(false);
  });

  it('are held in bounded room', () => {
    const counts = new RefusalCounts();
    for (let n = 0; n < MAX_COUNTS + 10; n++) counts.note({ route: `/${n}`, status: 401 }, now);
    counts.note({ route: '/0', status: 401 }, now);
    const held = counts.take(now);
    expect(held).toHaveLength(MAX_COUNTS);
    expect(held[0]?.count).toBe(2);
  });

  it('answers that are none are not counted', async () => {
    expect((await world.ask('http://localhost:8787/admin/api/nothing')).status).toBe(404);
    expect((await world.ask('http://localhost:8787/healthz')).status).toBe(200);
    expect(world.deps.refusalCounts.take(now)).toEqual([]);
  });
});

describe('old counts', () => {
  beforeEach(async () => {
    const db = env.DB;
    for (const age of [0, 34, 36]) {
      const at = NOON - age * 86_400_000;
      await db.prepare('INSERT INTO refusals VALUES (?, ?, 401, 1)').bind(at, `/${age}`).run();
      await db.prepare("INSERT INTO wakes VALUES ('t', ?, 'ready', ?, 1)").bind(age, at).run();
    }
  });
  const left = async (table: string): Promise<number> =>
    (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n ?? -1;

  it('are forgotten after five weeks, and the others are not', async () => {
    expect(COUNTS_KEPT_MS).toBe(35 * 86_400_000);
    await thinCounts(openDb(env.DB), NOON);
    expect([await left('refusals'), await left('wakes')]).toEqual([2, 2]);
  });

  it('are thinned by cron', async () => {
    await runCron(world.env, world.deps);
    expect([await left('refusals'), await left('wakes')]).toEqual([2, 2]);
  });
});
