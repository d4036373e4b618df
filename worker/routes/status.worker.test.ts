import { beforeEach, describe, expect, it } from 'vitest';
import { statusView } from '../../contract/status.ts';
import { createWorld, type World } from '../doubles/world.ts';
import { STATUS_MS } from '../recent-status.ts';

const SYSTEM = 'http://localhost:8787';
const NOW = Date.UTC(2026, 10, 22);
let world: World;
let now: number;

beforeEach(async () => {
  now = NOW;
  world = await createWorld();
  world.deps.now = () => now;
});

async function read() {
  const response = await world.ask(`${SYSTEM}/status.json`);
  return { status: response.status, view: statusView.parse(await response.json()) };
}

/** Has KV fail from now on, and says how often it was asked. */
function breakDirectory(): { asked: number } {
  const seen = { asked: 0 };
  const get = () => {
    seen.asked += 1;
    return Promise.reject(new Error('kv-internal-7 is down at 10.0.0.1'));
  };
  world.env.DIRECTORY = new Proxy(world.env.DIRECTORY, {
    get: (kv, name) => (name === 'get' ? get : Reflect.get(kv, name)),
  });
  return seen;
}

describe('the public status', () => {
  it('tells anybody what works', async () => {
    const { status, view } = await read();
    expect(status).toBe(200);
    expect(view).toEqual({
      ok: true,
      parts: ['edge', 'records', 'directory', 'snapshots'].map((part) => ({ part, ok: true })),
      checkedAt: NOW,
    });
  });

  it('says which part does not, to the log alone why, and answers all the same', async () => {
    breakDirectory();
    const { status, view } = await read();
    expect([status, view.ok]).toEqual([200, false]);
    expect(view.parts.filter(({ ok }) => !ok)).toEqual([{ part: 'directory', ok: false }]);
    expect(JSON.stringify(view)).not.toContain('kv-internal');
    expect(JSON.stringify(world.log)).toContain('status.kv.failed');
  });

  it('tries its services twice a minute, however many ask', async () => {
    const seen = breakDirectory();
    await read();
    now += STATUS_MS - 1;
    expect((await read()).view.checkedAt).toBe(NOW);
    expect(seen.asked).toBe(1);
    now += 1;
    expect((await read()).view.checkedAt).toBe(now);
    expect(seen.asked).toBe(2);
  });

  it('is not there on a tenant’s host', async () => {
    const response = await world.ask('http://nobody.localhost:8787/status.json');
    expect(response.status).toBe(404);
  });
});
