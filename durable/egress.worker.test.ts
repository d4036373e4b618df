import { applyD1Migrations } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { attempts } from '../db/agent/schema.ts';
import { writeCell } from './cells.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { runningTurn } from './doubles/ledger.ts';
import type { EgressProps } from './egress.ts';
import { getSnapshot, restorePoint, snapshotKey } from './snapshot-index.ts';
import { issueTicket, MAX_SNAPSHOT_BYTES } from './snapshots.ts';
import { INITIAL_WAKE } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const GENERATION = 3;
const { TenantEgress } = exports as unknown as {
  TenantEgress(options: { props: EgressProps }): Fetcher;
};
const egressOf = (tenant: FreshAgent, generation = GENERATION): Fetcher =>
  TenantEgress({ props: { tenantId: tenant.record.id, generation } });

async function sha256(bytes: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('a container’s model call', () => {
  const MODELS = 'http://models.internal/v1/chat/completions';
  const body = (content: string): string =>
    JSON.stringify({ model: 'chat', messages: [{ role: 'user', content }] });
  const rows = (tenant: FreshAgent) => tenant.inside(({ db }) => db.select().from(attempts).all());

  it('reserves by the bytes of its request, whatever the script', async () => {
    const tenant = await newTenant();
    const text = body('世界'.repeat(300));
    const response = await egressOf(tenant).fetch(MODELS, { method: 'POST', body: text });
    await response.text();
    const bytes = new TextEncoder().encode(text).byteLength;
    const [row] = await rows(tenant);
    expect((row?.reservedTokens ?? 0) - 4_096).toBe(Math.ceil(bytes / 2));
  });

  it('that no model answers is tried on two, booked twice, and refused with a plain 400', async () => {
    const tenant = await newTenant();
    const response = await egressOf(tenant).fetch(MODELS, { method: 'POST', body: body('hi') });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: {
        message: 'The model did not answer. Please try again.',
        type: 'invalid_request_error',
      },
    });
    const booked = await rows(tenant);
    expect(
      booked.map(({ attempt, outcome, generation }) => [attempt, outcome, generation]),
    ).toEqual([
      [1, 'network_error', GENERATION],
      [2, 'network_error', GENERATION],
    ]);
  });

  it('of a turn may be repeated after its first failure, and no more after the second', async () => {
    const tenant = await newTenant();
    await tenant.inside(({ db }) => runningTurn(db));
    const ask = async (): Promise<number> => {
      const response = await egressOf(tenant).fetch(MODELS, { method: 'POST', body: body('hi') });
      await response.text();
      return response.status;
    };
    expect([await ask(), await ask(), await ask()]).toEqual([500, 400, 400]);
    // The third was refused: nobody was asked.
    expect(await rows(tenant)).toHaveLength(4);
  });

  it('that the budget refuses is a plain 400 with the sentence, and never repeated', async () => {
    const tenant = await newTenant({ limits: { maxNanoPerMonth: 0 } });
    const response = await egressOf(tenant).fetch(MODELS, { method: 'POST', body: body('hi') });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringMatching(/^This month’s budget of \$0\.00 is used up\./) },
    });
    expect(await rows(tenant)).toEqual([]);
  });

  it('that can’t be read is refused and books nothing', async () => {
    const tenant = await newTenant();
    const ask = (text: string) => egressOf(tenant).fetch(MODELS, { method: 'POST', body: text });
    for (const text of ['no json', '{}', '{"model":"chat","messages":[]}']) {
      expect((await ask(text)).status).toBe(400);
    }
    expect((await ask('x'.repeat(4 * 1024 * 1024 + 1))).status).toBe(400);
    expect(await rows(tenant)).toEqual([]);
  });

  it('is the only thing offered there', async () => {
    const egress = egressOf(await newTenant());
    const status = async (url: string, init?: RequestInit): Promise<number> => {
      const response = await egress.fetch(url, init);
      await response.text();
      return response.status;
    };
    expect(await status('http://models.internal/v1/models')).toBe(404);
    expect(await status('http://example.com/')).toBe(403);
    expect(await status('http://state.internal/snapshot/../../x')).toBe(404);
  });
});

describe('a container’s snapshot', () => {
  const bytes = new TextEncoder().encode('a packed agent');

  /** A tenant whose sandbox of GENERATION is on, with a ticket for one snapshot. */
  async function draining() {
    const tenant = await newTenant();
    const ticket = await tenant.inside(({ db }) => {
      const wake = { ...INITIAL_WAKE, state: 'draining', generation: GENERATION } as const;
      writeCell(db, 'wake', wake);
      return issueTicket(db, { kind: 'sleep', generation: GENERATION, now: Date.now() });
    });
    const put = async (changed: Record<string, string> = {}, generation = GENERATION) => {
      const headers = { 'x-sk-ticket': ticket.ticket, 'x-sk-sha256': await sha256(bytes) };
      const response = await egressOf(tenant, generation).fetch(
        `http://state.internal/snapshot/${ticket.id}`,
        { method: 'PUT', body: bytes, headers: { ...headers, ...changed } },
      );
      await response.text();
      return response.status;
    };
    const stored = () => env.SNAPSHOTS.head(snapshotKey(tenant.record.id, ticket.id));
    const newest = () => tenant.inside(({ db }) => restorePoint(db));
    return { tenant, ticket, put, stored, newest };
  }

  it('is stored once, and is then what the next generation restores from', async () => {
    const { ticket, put, stored, newest } = await draining();
    expect(await put()).toBe(201);
    expect((await stored())?.size).toBe(bytes.byteLength);
    expect(await newest()).toMatchObject({ id: ticket.id, size: bytes.byteLength });
    expect(await put()).toBe(403);
  });

  it('whose bytes are not what it says is not stored', async () => {
    const { put, stored, newest } = await draining();
    expect(await put({ 'x-sk-sha256': 'f'.repeat(64) })).toBe(422);
    expect([await stored(), await newest()]).toEqual([null, null]);
  });

  it('never replaces an object that is there already, whatever the agent says', async () => {
    const { tenant, ticket, put, newest } = await draining();
    const key = snapshotKey(tenant.record.id, ticket.id);
    await env.SNAPSHOTS.put(key, 'an older agent');
    expect(await put()).toBe(409);
    expect(await (await env.SNAPSHOTS.get(key))?.text()).toBe('an older agent');
    expect(await newest()).toBeNull();
  });

  it('that breaks off is not stored', async () => {
    const { tenant, ticket, stored, newest } = await draining();
    const { readable, writable } = new FixedLengthStream(bytes.byteLength);
    const writer = writable.getWriter();
    const headers = { 'x-sk-ticket': ticket.ticket, 'x-sk-sha256': await sha256(bytes) };
    const url = `http://state.internal/snapshot/${ticket.id}`;
    const asked = egressOf(tenant)
      .fetch(url, { method: 'PUT', body: readable, headers })
      .then((response) => response.status);
    await writer.write(bytes.subarray(0, 3));
    await writer.abort(new Error('cut')).catch(() => undefined);
    expect(await asked.catch(() => 'no answer')).not.toBe(201);
    expect([await stored(), await newest()]).toEqual([null, null]);
  });

  it('larger than this system stores is refused before a byte of it is read', async () => {
    const { put, stored, ticket, tenant } = await draining();
    // The length is what the header says; workerd sends the body's own, so the agent is asked.
    const huge = { ...ticket, generation: GENERATION, size: MAX_SNAPSHOT_BYTES + 1 };
    const code = await codeOf(() => tenant.rpc.redeemTicket(huge));
    expect([code, await stored()]).toEqual(['payload_too_large', null]);
    expect(await put(), 'and its ticket is not used up').toBe(201);
  });

  it('that comes when its generation is over is an orphan, and not the head', async () => {
    const { tenant, ticket, put, newest } = await draining();
    await put();
    const late = await tenant.inside(async ({ db }) => {
      const issued = await issueTicket(db, { kind: 'sleep', generation: 3, now: Date.now() + 5 });
      const wake = { ...INITIAL_WAKE, state: 'booting', generation: GENERATION + 1 } as const;
      writeCell(db, 'wake', wake);
      return issued;
    });
    const word = { id: late.id, generation: GENERATION, size: 1, sha256: 'a'.repeat(64) };
    expect(await codeOf(() => tenant.rpc.snapshotStored(word))).toBe('forbidden');
    expect(await newest()).toMatchObject({ id: ticket.id });
    const row = await tenant.inside(({ db }) => getSnapshot(db, late.id));
    expect(row?.state).toBe('failed');
  });

  it('of which the same word comes twice is stored once', async () => {
    const { tenant, ticket, put } = await draining();
    await put();
    const word = { id: ticket.id, generation: GENERATION, size: bytes.byteLength };
    const sha = await sha256(bytes);
    expect(await codeOf(() => tenant.rpc.snapshotStored({ ...word, sha256: sha }))).toBeNull();
    const other = 'f'.repeat(64);
    expect(await codeOf(() => tenant.rpc.snapshotStored({ ...word, sha256: other }))).toBe(
      'forbidden',
    );
  });

  it('that the store has lost is said to be missing', async () => {
    const { tenant, ticket, put } = await draining();
    await put();
    await env.SNAPSHOTS.delete(snapshotKey(tenant.record.id, ticket.id));
    const restore = { id: ticket.id, size: bytes.byteLength, sha256: await sha256(bytes) };
    const wake = { ...INITIAL_WAKE, state: 'restoring', generation: GENERATION, restore } as const;
    await tenant.inside(({ db }) => writeCell(db, 'wake', wake));
    const response = await egressOf(tenant).fetch(`http://state.internal/snapshot/${ticket.id}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'snapshot_missing' } });
  });

  it('without its ticket, its digest or its generation is not stored', async () => {
    const { put, stored, newest } = await draining();
    expect(await put({ 'x-sk-ticket': 'wrong' })).toBe(403);
    expect(await put({ 'x-sk-sha256': '' })).toBe(411);
    expect(await put({}, GENERATION - 1)).toBe(403);
    expect(await put({}, GENERATION + 1)).toBe(403);
    expect([await stored(), await newest()]).toEqual([null, null]);
  });

  it('of another tenant is out of reach', async () => {
    const { tenant, ticket, put } = await draining();
    await put();
    const other = await newTenant();
    const restore = { id: ticket.id, size: bytes.byteLength, sha256: await sha256(bytes) };
    const wake = { ...INITIAL_WAKE, state: 'restoring', generation: GENERATION, restore } as const;
    const read = async (from: FreshAgent): Promise<number> => {
      await from.inside(({ db }) => writeCell(db, 'wake', wake));
      const url = `http://state.internal/snapshot/${ticket.id}`;
      const response = await egressOf(from).fetch(url);
      await response.arrayBuffer();
      return response.status;
    };
    expect(await read(tenant)).toBe(200);
    // Even if its agent named the id: the key in R2 begins with the tenant's own.
    expect(await read(other)).toBe(404);
    await tenant.inside(({ db }) => writeCell(db, 'wake', { ...wake, restore: null }));
    const response = await egressOf(tenant).fetch(`http://state.internal/snapshot/${ticket.id}`);
    await response.text();
    expect(response.status).toBe(403);
  });
});
