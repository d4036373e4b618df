import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { agentInspection } from '../contract/api.ts';
import { asAppError } from '../contract/errors.ts';
import { CALLER_HEADER, REQUEST_ID_HEADER, type Caller } from './rpc.ts';
import { allDue } from './due.ts';
import { codeOf, freshAgent, newTenant } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const HOST = 'acme.localhost';
const OPERATOR: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };
const NOBODY: Caller = { kind: 'member', memberId: 'm', signInId: 's', host: HOST };

describe('an AppError', () => {
  it('keeps its code, message and hint on the way over RPC', async () => {
    const { rpc } = await newTenant();
    const error = await rpc.me(NOBODY).then(
      () => null,
      (thrown: unknown) => asAppError(thrown),
    );
    expect(error).toMatchObject({
      code: 'unauthenticated',
      status: 401,
      message: 'You are signed out.',
      hint: 'Open an invite link to sign in again.',
    });
  });

  it('keeps its code when an agent’s fetch throws it', async () => {
    const { rpc } = await newTenant();
    const headers = { [CALLER_HEADER]: JSON.stringify(NOBODY) };
    expect(await codeOf(() => rpc.fetch('http://agent/', { headers }))).toBe('upgrade_required');
    const upgrade = { headers: { ...headers, upgrade: 'websocket' } };
    expect(await codeOf(() => rpc.fetch('http://agent/', upgrade))).toBe('unauthenticated');
  });
});

describe('a tenant’s record', () => {
  it('is taken when it is newer and ignored when it is not', async () => {
    const { rpc, record } = await newTenant({ version: 5 });
    expect(await rpc.apply({ ...record, tier: 'premium', version: 4 })).toEqual({ version: 5 });
    expect(await rpc.apply({ ...record, tier: 'premium', version: 5 })).toEqual({ version: 5 });
    expect((await rpc.inspect()).tier).toBe('free');
    expect(await rpc.apply({ ...record, tier: 'premium', version: 6 })).toEqual({ version: 6 });
    expect((await rpc.inspect()).tier).toBe('premium');
  });

  it('is told to D1 with the version that the agent has now', async () => {
    const { rpc, record, stub } = await newTenant({ version: 7 });
    await rpc.poke();
    await runDurableObjectAlarm(stub);
    const row = await env.DB.prepare('SELECT * FROM agents WHERE tenant_id = ?')
      .bind(record.id)
      .first();
    expect(row).toMatchObject({ state: 'asleep', applied_version: 7 });
  });

  it('is told to D1 with when cron must look again, which the telling itself is not', async () => {
    const { rpc, record } = await newTenant();
    await rpc.poke();
    const due = (await rpc.inspect()).due.filter(({ kind }) => kind !== 'report');
    const row = await env.DB.prepare('SELECT next_due_at FROM agents WHERE tenant_id = ?')
      .bind(record.id)
      .first<{ next_due_at: number | null }>();
    expect(row?.next_due_at).toBe(due[0]?.at ?? null);
  });

  it('is what makes an agent: without it every request is for no tenant', async () => {
    const { rpc } = freshAgent();
    expect(await codeOf(() => rpc.me(OPERATOR))).toBe('tenant_not_found');
    expect(await codeOf(() => rpc.wake())).toBe('tenant_not_found');
    expect(await codeOf(() => rpc.inspect())).toBe('tenant_not_found');
    expect(await codeOf(() => join({ rpc }))).toBe('tenant_not_found');
  });
});

describe('who asks', () => {
  it('under another hostname is told that it is at the wrong agent', async () => {
    const tenant = await newTenant({ hostnames: [HOST] });
    const caller = await join(tenant);
    const elsewhere = { ...caller, host: 'other.localhost' } as Caller;
    expect(await codeOf(() => tenant.rpc.me(elsewhere))).toBe('misdirected');
    const opened = { invite: 'x', name: undefined, host: 'other.localhost' };
    expect(await codeOf(() => tenant.rpc.signIn(opened))).toBe('misdirected');
  });

  it('with another tenant’s sign-in is nobody here, on every way in', async () => {
    const [a, b] = [await newTenant(), await newTenant()];
    const stranger = await join(b);
    const { id } = await a.rpc.createSession(OPERATOR, { title: undefined });
    const message = { id: 'client-id-1', text: 'x', waitMs: 0 };
    const ways: (() => Promise<unknown>)[] = [
      () => a.rpc.me(stranger),
      () => a.rpc.listSessions(stranger),
      () => a.rpc.createSession(stranger, { title: undefined }),
      () => a.rpc.renameSession(stranger, id, 'mine'),
      () => a.rpc.deleteSession(stranger, id),
      () => a.rpc.history(stranger, id, { after: 0, limit: 1 }),
      () => a.rpc.createTurn(stranger, id, message),
      () => a.rpc.stopTurns(stranger, id),
      () => a.rpc.signOut(stranger),
    ];
    for (const way of ways) expect(await codeOf(way)).toBe('unauthenticated');
    expect(await a.rpc.listSessions(OPERATOR)).toHaveLength(1);
  });

  it('is known until it signs out, after an eviction too', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    await evictDurableObject(tenant.stub);
    expect((await tenant.rpc.me(caller)).member).toMatchObject({ name: 'Ann', role: 'user' });
    await tenant.rpc.signOut(caller);
    await evictDurableObject(tenant.stub);
    expect(await codeOf(() => tenant.rpc.me(caller))).toBe('unauthenticated');
  });
});

describe('a turn for programs', () => {
  it('waits for its end, and the same id again answers the same turn', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    const { id } = await tenant.rpc.createSession(caller, { title: undefined });
    const message = { id: 'client-id-1', text: 'x', waitMs: 60_000 };
    // Without a container here, the turn ends with the reason.
    const first = await tenant.rpc.createTurn(caller, id, message);
    expect(first).toMatchObject({ state: 'error', error: { code: 'agent_unavailable' }, seq: 1 });
    expect(await tenant.rpc.createTurn(caller, id, message)).toEqual(first);
    const { events, more } = await tenant.rpc.history(caller, id, { after: 0, limit: 100 });
    expect(events.map(({ data }) => data.type)).toEqual(['user', 'error']);
    expect(more).toBe(false);
  });

  it('says when there is more of the history than it was asked for', async () => {
    const tenant = await newTenant();
    const { id } = await tenant.rpc.createSession(OPERATOR, { title: undefined });
    await tenant.rpc.createTurn(OPERATOR, id, { id: 'client-id-1', text: 'x', waitMs: 60_000 });
    const page = await tenant.rpc.history(OPERATOR, id, { after: 0, limit: 1 });
    expect(page).toMatchObject({ more: true, events: [{ seq: 1 }] });
    const rest = await tenant.rpc.history(OPERATOR, id, { after: 1, limit: 10 });
    expect(rest).toMatchObject({ more: false, events: [{ seq: 2 }] });
  });

  it('leaves no watchdog behind when it is over', async () => {
    const tenant = await newTenant();
    const { id } = await tenant.rpc.createSession(OPERATOR, { title: undefined });
    await tenant.rpc.createTurn(OPERATOR, id, { id: 'client-id-1', text: 'x', waitMs: 60_000 });
    const kinds = await tenant.inside(({ db }) => allDue(db).map(({ kind }) => kind));
    expect(kinds).not.toContain('turn');
  });
});

describe('a flush', () => {
  it('takes the policy that is in force now, not when its copy is old', async () => {
    const { rpc } = await newTenant();
    await rpc.flush();
    expect((await rpc.inspect()).policy?.version).toBe(1);
    await env.DB.batch([
      env.DB.prepare(
        'INSERT INTO policies SELECT 2, rules, author, note, created_at FROM policies WHERE version = 1',
      ),
      env.DB.prepare('UPDATE active_policy SET version = 2'),
    ]);
    await rpc.flush();
    expect((await rpc.inspect()).policy?.version).toBe(2);
  });
});

describe('the log', () => {
  it('says which request opened a socket and which one asked for a turn', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    const written = vi.spyOn(console, 'log').mockReturnValue();
    try {
      const headers = {
        upgrade: 'websocket',
        [CALLER_HEADER]: JSON.stringify(caller),
        [REQUEST_ID_HEADER]: 'request-1',
      };
      const { webSocket } = await tenant.rpc.fetch('http://agent/', { headers });
      webSocket?.accept();
      webSocket?.close();
      const { id } = await tenant.rpc.createSession(caller, { title: undefined });
      const message = { id: 'message-1', text: 'hi', waitMs: 0, requestId: 'request-2' };
      const { turnId } = await tenant.rpc.createTurn(caller, id, message);
      const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
      expect(lines).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ msg: 'socket opened', requestId: 'request-1' }),
          expect.objectContaining({ msg: 'turn', requestId: 'request-2', turnId }),
        ]),
      );
    } finally {
      written.mockRestore();
    }
  });
});

describe('an inspection', () => {
  it('shows no secret, moves nothing and holds its form', async () => {
    const tenant = await newTenant();
    await tenant.rpc.wake();
    const before = await tenant.inside(({ db }) => allDue(db));
    const seen = await tenant.rpc.inspect();
    expect(agentInspection.parse(seen)).toEqual(seen);
    expect(
      JSON.stringify(seen).replaceAll(/"(maxTokensPerDay|heldTokens|tokens)"/g, ''),
    ).not.toMatch(/token/i);
    expect(await tenant.inside(({ db }) => allDue(db))).toEqual(before);
  });
});
