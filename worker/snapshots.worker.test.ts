import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, type CreatedTenant } from '../contract/api.ts';
import { AppError, errorBody } from '../contract/errors.ts';
import { snapshotList, snapshotView } from '../contract/snapshots.ts';
import { SNAPSHOT } from './doubles/agent.ts';
import { createWorld, type World } from './doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  const response = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'POST', body });
  tenant = createdTenant.parse(await response.json());
});

const ask = (path = '', init?: RequestInit): Promise<Response> =>
  world.ask(`${SYSTEM}/admin/api/agents/${tenant.id}/snapshots${path}`, init);
const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;

/** What was written into the audit about this agent's snapshots, as action and subject. */
async function booked(): Promise<[string, unknown][]> {
  const { results } = await env.DB.prepare(
    "SELECT action, after FROM audit WHERE target = ? AND action LIKE 'snapshot.%' ORDER BY id",
  )
    .bind(`agent:${tenant.id}`)
    .all<{ action: string; after: string | null }>();
  return results.map(({ action, after }) => [action, JSON.parse(after ?? 'null')]);
}

describe('snapshots', () => {
  it('are listed, which is not booked', async () => {
    const list = snapshotList.parse(await (await ask()).json());
    expect(list.snapshots).toEqual([SNAPSHOT]);
    expect(await booked()).toEqual([]);
  });

  it('are shown to the tenant’s owners, which is not booked', async () => {
    const own = await world.ask(`${SYSTEM}/t/${tenant.slug}/api/snapshots`);
    expect(snapshotList.parse(await own.json()).snapshots).toEqual([SNAPSHOT]);
    expect(world.agent(tenant.id).asked.at(-1)?.method).toBe('ownSnapshots');
    expect(await booked()).toEqual([]);
  });

  it('are made on demand, restored and deleted, and each command is booked', async () => {
    const made = await ask('', { method: 'POST' });
    expect(made.status).toBe(202);
    expect(snapshotView.parse(await made.json())).toEqual(SNAPSHOT);
    const restored = await ask(`/${SNAPSHOT.id}/restore`, { method: 'POST', body: '{}' });
    expect(restored.status).toBe(202);
    expect(await restored.json()).toMatchObject({ state: 'asleep' });
    expect((await ask(`/${SNAPSHOT.id}`, { method: 'DELETE' })).status).toBe(204);
    const { id } = SNAPSHOT;
    expect(await booked()).toEqual([
      ['snapshot.create', null],
      ['snapshot.restore', { id, force: false }],
      ['snapshot.delete', { id }],
    ]);
  });

  it('that the path does not name by an id are not there, and nobody is asked', async () => {
    const before = world.agent(tenant.id).asked.length;
    for (const id of ['nothing', '..%2F..', SNAPSHOT.id.toLowerCase()]) {
      expect(await codeOf(await ask(`/${id}/download`))).toBe('not_found');
      expect(await codeOf(await ask(`/${id}`, { method: 'DELETE' }))).toBe('not_found');
    }
    expect(world.agent(tenant.id).asked).toHaveLength(before);
  });

  it('that an agent refuses to give are refused with its words', async () => {
    world.agent(tenant.id).failWith = new AppError('conflict', 'A turn is open.', {
      hint: 'Wait.',
    });
    const refused = await ask(`/${SNAPSHOT.id}/restore`, {
      method: 'POST',
      body: '{"force":true}',
    });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ error: { code: 'conflict', hint: 'Wait.' } });
  });
});

describe('a download', () => {
  const bytes = new TextEncoder().encode('a packed agent');

  it('gives the bytes with their length, digest and a name, and is booked', async () => {
    await env.SNAPSHOTS.put(`snapshots-of/${tenant.id}`, bytes);
    world.agent(tenant.id).snapshotKey = `snapshots-of/${tenant.id}`;
    const response = await ask(`/${SNAPSHOT.id}/download`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/zstd',
      'content-length': String(bytes.byteLength),
      'content-disposition': `attachment; filename="${tenant.slug}-${SNAPSHOT.id}.tar.zst"`,
      'cache-control': 'no-store',
      'x-sk-sha256': SNAPSHOT.sha256,
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(await booked()).toEqual([['snapshot.download', { id: SNAPSHOT.id }]]);
  });

  it('of what the store has lost is not found, and not booked', async () => {
    expect(await codeOf(await ask(`/${SNAPSHOT.id}/download`))).toBe('not_found');
    expect(await booked()).toEqual([]);
  });
});
