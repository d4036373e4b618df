import { applyD1Migrations } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { attempts } from '../db/agent/schema.ts';
import { writeCell } from './cells.ts';
import { newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import type { EgressProps } from './egress.ts';
import { restorePoint, snapshotKey } from './snapshot-index.ts';
import { issueTicket } from './snapshots.ts';
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
