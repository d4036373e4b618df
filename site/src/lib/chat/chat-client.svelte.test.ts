import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../../contract/agent.ts';
import type { ClientFrame, ServerFrame, SessionView } from '../../../../contract/frames.ts';
import { ApiError } from '../api/http.ts';
import type { MemberApi } from '../api/member-api.ts';
import { ChatClient, type ChatDeps } from './chat-client.svelte.ts';
import type { SocketEvents } from './chat-socket.ts';

const SESSION = '01JD0000000000000000000001';
const ASLEEP: AgentStatus = {
  state: 'asleep',
  since: 5,
  generation: 1,
  wakeStartedAt: null,
  expectedWakeMs: 20_000,
  timings: [],
  failure: null,
};
const VIEW: SessionView = {
  id: SESSION,
  title: 'One',
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 0,
  working: false,
};
const HELLO: ServerFrame = {
  type: 'hello',
  protocol: 1,
  member: { id: 'm1', name: 'Ada', role: 'owner' },
  tenant: { slug: 'acme', tier: 'free', maxMessageChars: 8_000 },
  agent: ASLEEP,
  budget: {
    month: Date.UTC(2026, 10),
    usedNano: 0,
    limitNano: 5_000_000_000,
    percent: 0,
    renewsAt: Date.UTC(2026, 11),
  },
  sessions: [VIEW],
};
const ME = {
  id: 'm1',
  name: 'Ada',
  role: 'owner',
  tenant: { slug: 'acme', tier: 'free', platform: 'localhost' },
} as const;

/** A client on a line that the test speaks at the other end of. */
function setUp(api: Partial<MemberApi> = {}) {
  const said: ClientFrame[] = [];
  const frames: (() => void)[] = [];
  let events: SocketEvents | undefined;
  let isClosed = false;
  let ids = 0;
  const deps: ChatDeps = {
    connect(given) {
      events = given;
      return {
        send: (frame) => said.push(frame) > 0,
        reconnect: () => {},
        close: () => {
          isClosed = true;
        },
      };
    },
    api: {
      me: () => Promise.resolve(ME),
      createSession: () => Promise.resolve({ ...VIEW, title: 'New conversation' }),
      renameSession: (id, title) => Promise.resolve({ ...VIEW, id, title }),
      deleteSession: () => Promise.resolve(),
      signOut: () => Promise.resolve(),
      ...api,
    },
    nextFrame: (task) => frames.push(task),
    now: () => 1_000,
    newId: () => `client-0${++ids}`,
    readOutbox: () => [],
    writeOutbox: () => {},
  };
  const client = new ChatClient(deps);
  client.start();
  return {
    client,
    said,
    frames,
    hear: (frame: ServerFrame | Record<string, unknown>) => events?.onText(JSON.stringify(frame)),
    drop: () => events?.onDown(),
    isClosed: () => isClosed,
  };
}

function delta(seq: number, text: string): ServerFrame {
  return {
    type: 'events',
    sessionId: SESSION,
    events: [{ seq, turnId: 't1', at: 1, data: { type: 'delta', text } }],
  };
}

test('a message written before the line is open is sent after the greeting', () => {
  const { client, said, hear } = setUp();
  client.send(SESSION, 'Hello');
  expect(said).toEqual([]);
  hear(HELLO);
  expect(said).toEqual([{ type: 'send', id: 'client-01', sessionId: SESSION, text: 'Hello' }]);
});

test('after a lost line the session goes on at its last event, and what was not confirmed is sent again under its id', async () => {
  const { client, said, hear, drop, frames } = setUp();
  hear(HELLO);
  client.follow(SESSION);
  hear(delta(7, 'a'));
  frames.shift()?.();
  client.send(SESSION, 'Confirmed');
  client.send(SESSION, 'Not confirmed');
  hear({ type: 'ack', id: 'client-01', sessionId: SESSION, turnId: 't2', seq: 8 });
  drop();
  await Promise.resolve();
  expect(client.line).toBe('lost');
  said.length = 0;
  hear(HELLO);
  expect(client.line).toBe('open');
  expect(said).toEqual([
    { type: 'subscribe', sessionId: SESSION, after: 7, turns: 40 },
    { type: 'send', id: 'client-02', sessionId: SESSION, text: 'Not confirmed' },
  ]);
});

test('a burst of deltas is drawn once', () => {
  const { client, hear, frames } = setUp();
  hear(HELLO);
  hear(delta(1, 'a'));
  hear(delta(2, 'b'));
  hear(delta(3, 'c'));
  expect(frames).toHaveLength(1);
  expect(client.chat.logs[SESSION]).toBeUndefined();
  frames[0]?.();
  expect(client.chat.logs[SESSION]?.turns[0]?.answer).toBe('abc');
});

test('moving to another session stops following the one before', () => {
  const { client, said, hear } = setUp();
  hear(HELLO);
  client.follow(SESSION);
  client.follow(null);
  expect(said).toEqual([
    { type: 'subscribe', sessionId: SESSION, after: 0, turns: 40 },
    { type: 'unsubscribe', sessionId: SESSION },
  ]);
});

test('a line that never opened counts as lost, though the member is signed in', async () => {
  const { client, drop, isClosed } = setUp();
  drop();
  await Promise.resolve();
  expect(client.line).toBe('lost');
  expect(isClosed()).toBe(false);
});

test('a line that fails because nobody is signed in is given up', async () => {
  const { client, drop, isClosed } = setUp({ me: () => Promise.resolve(null) });
  drop();
  await expect.poll(() => client.line).toBe('signed_out');
  expect(isClosed()).toBe(true);
});

test.each([
  ['suspended', new ApiError('tenant_suspended', 403, 'This agent is suspended.')],
  ['deleted', new ApiError('tenant_deleted', 410, 'This agent has been deleted.')],
])('a line that fails because the tenant is %s tells the reason', async (_, refusal) => {
  const { client, drop } = setUp({ me: () => Promise.reject(refusal) });
  drop();
  await expect.poll(() => client.line).toBe('refused');
  expect(client.refusal).toBe(refusal.message);
});

test('a greeting of another protocol asks for a reload', () => {
  const { client, hear, isClosed } = setUp();
  hear({ ...HELLO, protocol: 2 });
  expect(client.line).toBe('outdated');
  expect(isClosed()).toBe(true);
});

test('what is no frame is ignored', () => {
  const { client, hear } = setUp();
  hear(HELLO);
  const before = client.chat;
  hear({ type: 'surprise' });
  expect(client.chat).toBe(before);
});

test('the first message makes a session named after it', async () => {
  const { client, said, hear } = setUp();
  hear(HELLO);
  const session = await client.begin('Plan my week');
  expect(session.title).toBe('Plan my week');
  expect(said).toEqual([
    { type: 'subscribe', sessionId: SESSION, after: 0, turns: 40 },
    { type: 'send', id: 'client-01', sessionId: SESSION, text: 'Plan my week' },
  ]);
});

test('a refused message goes out again under the same id', () => {
  const { client, said, hear } = setUp();
  hear(HELLO);
  client.send(SESSION, 'Hello');
  hear({ type: 'error', code: 'queue_full', message: 'Full.', ref: 'client-01' });
  client.resend('client-01');
  expect(said.map((frame) => 'id' in frame && frame.id)).toEqual(['client-01', 'client-01']);
});

test('a deleted session is gone before the socket tells', async () => {
  const { client, hear } = setUp();
  hear(HELLO);
  await client.remove(SESSION);
  expect(client.chat.sessions).toEqual([]);
});

test('earlier turns are asked for once at a time, and again after the line was lost', () => {
  const { client, said, hear, drop, frames } = setUp();
  hear(HELLO);
  client.follow(SESSION);
  hear({ type: 'events', sessionId: SESSION, events: [], caughtUp: true, cut: 81 });
  frames.shift()?.();
  said.length = 0;
  client.readEarlier(SESSION);
  client.readEarlier(SESSION);
  const asked = { type: 'earlier', sessionId: SESSION, before: 81, turns: 40 };
  expect(said).toEqual([asked]);
  const part = { type: 'earlier', sessionId: SESSION, before: 81, events: [], cut: 41 };
  hear({ ...part, done: false });
  drop();
  hear(HELLO);
  said.length = 0;
  client.readEarlier(SESSION);
  expect(said).toEqual([asked]);
  hear({ ...part, done: true });
  client.readEarlier(SESSION);
  expect(said.at(-1)).toMatchObject({ before: 41 });
  hear({ ...part, before: 41, cut: null, done: true });
  client.readEarlier(SESSION);
  expect(said).toHaveLength(2);
});
