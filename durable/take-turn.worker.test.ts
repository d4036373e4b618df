import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { codeOf, freshAgent, newTenant } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import { metersOf } from './doubles/ledger.ts';
import type { Caller } from './rpc.ts';
import { takeTurn } from './take-turn.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));
/** A minute lasts as long as its test. */
beforeEach(() => {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: now - (now % 60_000) + 10_000 });
});
afterEach(() => void vi.useRealTimers());

const OPERATOR: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };
const MINUTE_START = Date.parse('2025-06-15T12:00:00Z');
const limits = { ...TIER_CONFIG.free.limits, maxTurnsPerMinute: 2 };

it('as many messages are taken in a minute as may be, and again in the next', () =>
  freshAgent().inside(({ db }) => {
    const take = (ms: number) => () => takeTurn(db, limits, MINUTE_START + ms);
    take(0)();
    take(30_000)();
    expect(take(30_500)).toThrow(
      expect.objectContaining({
        code: 'rate_limited',
        message: 'At most 2 messages a minute. Try again in 30 seconds.',
        retryAfterS: 30,
      }),
    );
    expect(take(59_999)).toThrow(expect.objectContaining({ retryAfterS: 1 }));
    expect(take(60_000)).not.toThrow();
  }));

/** An agent that takes two messages a minute. */
async function twoAMinute() {
  const tenant = await newTenant({ limits: { maxTurnsPerMinute: 2 } });
  const session = await tenant.rpc.createSession(OPERATOR, { title: 'Plans' });
  const send = (id: string) =>
    tenant.rpc.createTurn(OPERATOR, session.id, { id, text: 'hello', waitMs: 0 });
  const counted = () => tenant.inside(({ db }) => metersOf(db, Date.now()).minute.turns);
  return { tenant, session, send, counted };
}

it('a message that is sent again under its id counts once, and is answered above the limit too', async () => {
  const { send, counted } = await twoAMinute();
  const first = await send('client-id-1');
  expect((await send('client-id-1')).turnId).toBe(first.turnId);
  expect(await counted()).toBe(1);
  await send('client-id-2');
  expect(await codeOf(() => send('client-id-3'))).toBe('rate_limited');
  expect((await send('client-id-1')).turnId).toBe(first.turnId);
  expect(await counted()).toBe(2);
});

it('a message that can’t be taken for another reason does not count', async () => {
  const { tenant, session, counted } = await twoAMinute();
  const { maxMessageChars } = TIER_CONFIG.free.limits;
  const text = 'x'.repeat(maxMessageChars + 1);
  const long = { id: 'client-id-1', text, waitMs: 0 };
  expect(await codeOf(() => tenant.rpc.createTurn(OPERATOR, session.id, long))).not.toBeNull();
  expect(await counted()).toBe(0);
});

it('on the chat socket a refused message is answered with the sentence, and nothing is stored', async () => {
  const { tenant, session, send } = await twoAMinute();
  await send('client-id-1');
  await send('client-id-2');
  const client = await ChatClient.open(tenant.rpc, OPERATOR);
  client.send({ type: 'send', id: 'client-id-3', sessionId: session.id, text: 'hello' });
  expect(await client.next('error')).toMatchObject({
    code: 'rate_limited',
    message: 'At most 2 messages a minute. Try again in 50 seconds.',
    ref: 'client-id-3',
  });
  const { events } = await tenant.rpc.history(OPERATOR, session.id, { after: 0, limit: 50 });
  expect(events.filter(({ data }) => data.type === 'user')).toHaveLength(2);
});

it('one member can’t use up what all may send, and a message sent again under its id is no further one', async () => {
  const tenant = await newTenant({ limits: { maxTurnsPerMinute: 3, maxQueuedTurns: 9 } });
  const [ann, bob] = [await join(tenant), await join(tenant)];
  const { id: sessionId } = await tenant.rpc.createSession(OPERATOR, { title: 'Plans' });
  const send = (caller: Caller, id: string) =>
    codeOf(() => tenant.rpc.createTurn(caller, sessionId, { id, text: 'hello', waitMs: 0 }));
  expect(await send(ann, 'client-id-1')).toBeNull();
  expect(await send(ann, 'client-id-1')).toBeNull();
  expect(await send(ann, 'client-id-2')).toBeNull();
  expect(await send(ann, 'client-id-3')).toBe('rate_limited');
  expect(await send(ann, 'client-id-2')).toBeNull();
  expect(await send(bob, 'client-id-4')).toBeNull();
  expect(await send(bob, 'client-id-5')).toBe('rate_limited');
});
