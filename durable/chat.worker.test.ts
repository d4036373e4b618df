import { applyD1Migrations, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  EVENTS_PER_FRAME,
  MAX_BATCH_BYTES,
  MAX_CLIENT_FRAME_BYTES,
  MAX_SUBSCRIPTIONS,
} from '../contract/frames.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import type { Caller } from './rpc.ts';
import { appendEvents, createSession } from './sessions.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

/** A tenant with a member, a session of theirs and an open socket past its hello. */
async function chatting() {
  const tenant = await newTenant();
  const caller = await join(tenant);
  const { id: sessionId } = await tenant.rpc.createSession(caller, { title: 'Plans' });
  const client = await ChatClient.open(tenant.rpc, caller);
  await client.next('hello');
  return { ...tenant, caller, sessionId, client };
}

/** Appends `count` events to a session's log, as a turn's stream would. */
const log = (tenant: Pick<FreshAgent, 'inside'>, sessionId: string, count: number) =>
  tenant.inside(({ db }) => {
    const data = Array.from(
      { length: count },
      (_, i) => ({ type: 'delta', text: `${i}` }) as const,
    );
    appendEvents(db, { sessionId, turnId: 'turn', data, now: 1 });
  });
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('a socket', () => {
  it('begins with hello: who you are, how the agent is and which sessions there are', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    const { id } = await tenant.rpc.createSession(caller, { title: 'Plans' });
    const client = await ChatClient.open(tenant.rpc, caller);
    await client.next('hello');
    expect(client.frames[0]).toMatchObject({
      type: 'hello',
      protocol: 1,
      member: { name: 'Ann', role: 'user' },
      tenant: { slug: 'acme', tier: 'free', maxMessageChars: 8_000 },
      agent: { state: 'asleep', failure: null },
      sessions: [{ id, title: 'Plans', working: false }],
    });
  });

  it('says hello in bounded bytes, and names the oldest of very many sessions after it', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    const title = '語'.repeat(120);
    const count = 1_000;
    await tenant.inside(({ db }) => {
      for (let now = 1; now <= count; now += 1) {
        createSession(db, { title, maxSessions: count, now });
      }
    });
    const client = await ChatClient.open(tenant.rpc, caller);
    const hello = await client.next('hello');
    expect(JSON.stringify(hello.sessions).length * 3).toBeGreaterThan(MAX_BATCH_BYTES);
    const bytes = new TextEncoder().encode(JSON.stringify(hello)).byteLength;
    expect(bytes).toBeLessThan(MAX_BATCH_BYTES + 4_096);
    await client.next('session', ({ session }) => session.updatedAt === 1);
    const named = client.frames.flatMap((frame) =>
      frame.type === 'session' ? [frame.session.id] : [],
    );
    expect(new Set([...hello.sessions.map(({ id }) => id), ...named]).size).toBe(count);
  });

  it('is not opened for one who is signed out, or on another agent’s host', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    await tenant.rpc.signOut(caller);
    const elsewhere = { ...caller, host: 'other.localhost' } as Caller;
    expect(await codeOf(() => ChatClient.open(tenant.rpc, caller))).toBe('unauthenticated');
    expect(await codeOf(() => ChatClient.open(tenant.rpc, elsewhere))).toBe('misdirected');
  });

  it('is told of sessions that others make, rename and delete', async () => {
    const { rpc, caller, client } = await chatting();
    const { id } = await rpc.createSession(caller, { title: 'New' });
    expect((await client.next('session')).session).toMatchObject({ id, title: 'New' });
    await rpc.renameSession(caller, id, 'Newer');
    expect((await client.next('session')).session).toMatchObject({ id, title: 'Newer' });
    await rpc.deleteSession(caller, id);
    expect((await client.next('session.deleted')).sessionId).toBe(id);
  });

  it('closes at once when its sign-in ends, with a code that says not to come back', async () => {
    const { rpc, caller, client } = await chatting();
    const other = await ChatClient.open(rpc, caller);
    await rpc.signOut(caller);
    expect((await client.closed).code).toBe(4401);
    expect((await other.closed).code).toBe(4401);
    expect(await codeOf(() => rpc.listSessions(caller))).toBe('unauthenticated');
  });

  it('stays open when another member signs out', async () => {
    const tenant = await chatting();
    await tenant.rpc.signOut(await join(tenant));
    tenant.client.send({ type: 'subscribe', sessionId: tenant.sessionId, after: 0 });
    expect(await tenant.client.next('events')).toMatchObject({ caughtUp: true });
  });

  it('closes when its hostname no longer belongs to the tenant', async () => {
    const { rpc, record, client } = await chatting();
    await rpc.apply({ ...record, hostnames: ['new.localhost'], version: 2 });
    expect((await client.closed).code).toBe(4401);
  });
});

describe('subscribing', () => {
  it('gives the backlog in bounded frames, says when it is over, then goes on live', async () => {
    const tenant = await chatting();
    const { sessionId, client } = tenant;
    await log(tenant, sessionId, EVENTS_PER_FRAME * 2);
    client.send({ type: 'subscribe', sessionId, after: 0 });
    const frames = [];
    for (;;) {
      const frame = await client.next('events');
      frames.push(frame);
      if (frame.caughtUp) break;
    }
    const counts = frames.map(({ events }) => events.length);
    expect(counts).toEqual([EVENTS_PER_FRAME, EVENTS_PER_FRAME]);
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    const { seq } = await client.next('ack');
    expect(seq).toBe(EVENTS_PER_FRAME * 2 + 1);
    expect(client.seqs(sessionId).slice(0, seq)).toEqual(upTo(seq));
  });

  it('gives long events in frames of bounded bytes, and one that is too long alone', async () => {
    const tenant = await chatting();
    const { sessionId, client, rpc, caller } = tenant;
    // Three bytes each, and one character.
    const texts = [80_000, 40_000, 40_000, 120_000, 1].map((chars) => '語'.repeat(chars));
    const data = texts.map((text) => ({ type: 'final', text, ms: 1 }) as const);
    await tenant.inside(({ db }) => appendEvents(db, { sessionId, turnId: 't', data, now: 1 }));
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events', ({ caughtUp }) => caughtUp === true);
    const frames = client.frames.filter((frame) => frame.type === 'events');
    expect(frames.map(({ events }) => events.map(({ seq }) => seq))).toEqual([
      [1],
      [2, 3],
      [4],
      [5],
    ]);
    const first = await rpc.history(caller, sessionId, { after: 0, limit: 1_000 });
    expect([first.events.length, first.more]).toEqual([1, true]);
    const last = await rpc.history(caller, sessionId, { after: 4, limit: 1_000 });
    expect([last.events.length, last.more]).toEqual([1, false]);
  });

  it('by the last number seen leaves no gap and repeats nothing', async () => {
    const tenant = await chatting();
    const { sessionId, client, rpc, caller } = tenant;
    await log(tenant, sessionId, 30);
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events', ({ caughtUp }) => caughtUp === true);
    client.close();
    await log(tenant, sessionId, 10);
    const again = await ChatClient.open(rpc, caller);
    again.send({ type: 'subscribe', sessionId, after: 30 });
    await again.next('events', ({ caughtUp }) => caughtUp === true);
    expect([...client.seqs(sessionId), ...again.seqs(sessionId)]).toEqual(upTo(40));
  });

  it('to a session that is not there is refused, and the socket stays', async () => {
    const { client, sessionId } = await chatting();
    const nowhere = '01JD0000000000000000000000';
    client.send({ type: 'subscribe', sessionId: nowhere, after: 0 });
    expect(await client.next('error')).toMatchObject({ code: 'session_not_found', ref: nowhere });
    client.send({ type: 'subscribe', sessionId, after: 0 });
    expect(await client.next('events')).toMatchObject({ caughtUp: true });
  });

  it('is bounded in sessions at a time', async () => {
    const { client, rpc, caller } = await chatting();
    for (let i = 0; i <= MAX_SUBSCRIPTIONS; i += 1) {
      const { id } = await rpc.createSession(caller, { title: undefined });
      client.send({ type: 'subscribe', sessionId: id, after: 0 });
    }
    expect(await client.next('error')).toMatchObject({ code: 'limit_reached' });
    const caughtUp = client.frames.filter((frame) => frame.type === 'events' && frame.caughtUp);
    expect(caughtUp).toHaveLength(MAX_SUBSCRIPTIONS);
  });

  it('ends with unsubscribe', async () => {
    const { client, sessionId } = await chatting();
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events');
    client.send({ type: 'unsubscribe', sessionId });
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    await client.next('ack');
    expect(client.seqs(sessionId)).toEqual([]);
  });
});

describe('sending', () => {
  it('is acknowledged with the turn it made, and seen by all who follow', async () => {
    const tenant = await chatting();
    const { sessionId, client, rpc } = tenant;
    const other = await ChatClient.open(rpc, await join(tenant));
    other.send({ type: 'subscribe', sessionId, after: 0 });
    await other.next('events');
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    const ack = await client.next('ack');
    expect(ack).toMatchObject({ id: 'client-id-1', sessionId, seq: 1 });
    const { events } = await other.next('events', ({ events }) => events.length > 0);
    expect(events[0]).toMatchObject({
      seq: 1,
      turnId: ack.turnId,
      data: { type: 'user', text: 'hello', clientId: 'client-id-1', by: 'Ann' },
    });
  });

  it('the same message again is acknowledged with the same turn, and stored once', async () => {
    const { sessionId, client, rpc, caller } = await chatting();
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    const [first, second] = [await client.next('ack'), await client.next('ack')];
    expect(second).toEqual(first);
    const { events } = await rpc.history(caller, sessionId, { after: 0, limit: 100 });
    expect(events.filter(({ data }) => data.type === 'user')).toHaveLength(1);
  });

  it('where the agent can’t start ends the turn with the reason', async () => {
    const { sessionId, client } = await chatting();
    client.send({ type: 'subscribe', sessionId, after: 0 });
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    const { events } = await client.next('events', ({ events }) =>
      events.some(({ data }) => data.type === 'error'),
    );
    expect(events[0]?.data).toMatchObject({ code: 'agent_unavailable', retryable: true });
  });

  it('too long a message is refused with its id', async () => {
    const { sessionId, client } = await chatting();
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'x'.repeat(8_001) });
    expect(await client.next('error')).toMatchObject({
      code: 'payload_too_large',
      ref: 'client-id-1',
    });
  });

  it('to a suspended tenant is refused, even of an operator who looks', async () => {
    const { sessionId, rpc, record } = await chatting();
    await rpc.apply({ ...record, status: 'suspended', version: 2 });
    const operator: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };
    const client = await ChatClient.open(rpc, operator);
    await client.next('hello');
    client.send({ type: 'send', id: 'client-id-1', sessionId, text: 'hello' });
    expect(await client.next('error')).toMatchObject({ code: 'tenant_suspended' });
  });
});

describe('frames that can’t be read', () => {
  it('are answered with an error, and the socket stays', async () => {
    const { sessionId, client } = await chatting();
    const bad: (string | ArrayBuffer)[] = [
      'no json',
      'null',
      '{"type":"unknown"}',
      '{"type":"subscribe","sessionId":"../x","after":0}',
      `{"type":"subscribe","sessionId":"${sessionId}","after":-1}`,
      `{"type":"send","id":"short","sessionId":"${sessionId}","text":"x"}`,
      new ArrayBuffer(4),
    ];
    for (const data of bad) {
      client.raw(data);
      expect(await client.next('error')).toMatchObject({ code: 'invalid_frame' });
    }
    // The second one is too long in bytes only.
    for (const text of ['x'.repeat(MAX_CLIENT_FRAME_BYTES), '語'.repeat(300_000)]) {
      client.raw(JSON.stringify({ type: 'send', text }));
      expect(await client.next('error')).toMatchObject({ code: 'payload_too_large' });
    }
    client.send({ type: 'subscribe', sessionId, after: 0 });
    expect(await client.next('events')).toMatchObject({ caughtUp: true });
  });
});

describe('hibernation', () => {
  it('keeps sockets, who they belong to and what they follow', async () => {
    const { sessionId, client, stub, rpc, caller } = await chatting();
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events');
    const before = await rpc.inspect();
    await evictDurableObject(stub);
    const message = { id: 'client-id-1', text: 'are you there?', waitMs: 0 };
    const { turnId } = await rpc.createTurn(caller, sessionId, message);
    const { events } = await client.next('events', ({ events }) => events.length > 0);
    expect(events[0]).toMatchObject({ seq: 1, turnId });
    client.send({ type: 'send', id: 'client-id-2', sessionId, text: 'and now?' });
    await client.next('ack');
    const after = await rpc.inspect();
    expect(after.connections).toBe(1);
    expect(after.constructedAt).toBeGreaterThanOrEqual(before.constructedAt);
  });

  it('does not bring back a socket whose sign-in ended meanwhile', async () => {
    const { client, stub, rpc, caller } = await chatting();
    await evictDurableObject(stub);
    await rpc.signOut(caller);
    expect((await client.closed).code).toBe(4401);
  });
});
