import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { turns } from '../db/agent/schema.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { freshAgent, newTenant, NOW } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import { admitted, callOf, contextOf, endOf, PRIMARY, runningTurn } from './doubles/ledger.ts';
import { readEvents } from './sessions.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';
import { noteUsage, usageOf } from './turn-usage.ts';
import { endTurn, getTurn } from './turns.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const callsOf = (db: AgentDb, turnId: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const call = callOf(`call-${n}`, { openclawSession: `openclaw-${turnId}` });
    return admitted(contextOf(db), call).id;
  });
const end = (db: AgentDb, turnId: string) => {
  const turn = getTurn(db, turnId);
  if (!turn) throw new Error('no turn');
  return endTurn(db, turn, { type: 'final', text: 'Done', ms: 1 }, NOW)[0]?.data;
};
const USED = { model: PRIMARY, tokensIn: 200, tokensOut: 20 };

describe('the end of a turn', () => {
  it('says what its calls have used and which model answered', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      for (const id of callsOf(db, turnId, 2)) settle({ db, now: NOW }, endOf(id));
      const costNano = getTurn(db, turnId)?.costNano;
      expect(costNano).toBeGreaterThan(0);
      expect(end(db, turnId)).toMatchObject({ type: 'final', usage: { ...USED, costNano } });
    }));

  it('says nothing of it while a call is not settled, and is completed when it is', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      const [first = '', second = ''] = callsOf(db, turnId, 2);
      settle({ db, now: NOW }, endOf(first));
      expect(end(db, turnId)).not.toHaveProperty('usage');
      expect(noteUsage(db, turnId)).toBeNull();
      settle({ db, now: NOW }, endOf(second));
      expect(noteUsage(db, turnId)).toMatchObject({ turnId, usage: USED });
      const { sessionId } = getTurn(db, turnId)!;
      const events = readEvents(db, { sessionId, after: 0, limit: 9 });
      expect(events.at(-1)?.data).toMatchObject({ type: 'final', text: 'Done', usage: USED });
    }));

  it('of a turn without a call says nothing of use', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      expect(usageOf(db, turnId)).toBeNull();
      expect(end(db, turnId)).not.toHaveProperty('usage');
    }));

  it('of a turn that goes on is not told of', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      const [id = ''] = callsOf(db, turnId, 1);
      settle({ db, now: NOW }, endOf(id));
      expect(noteUsage(db, turnId)).toBeNull();
    }));
});

it('those who follow a session are told when the last call is settled after the answer', async () => {
  const tenant = await newTenant();
  const client = await ChatClient.open(tenant.rpc, await join(tenant));
  const { sessionId, turnId, attempt } = await tenant.inside(({ db }) => {
    const turnId = runningTurn(db);
    const ctx = contextOf(db, { record: tenant.record, now: Date.now() });
    const call = callOf('call', { openclawSession: `openclaw-${turnId}` });
    const attempt = admitted(ctx, call).id;
    end(db, turnId);
    const row = db.select().from(turns).where(eq(turns.id, turnId)).get();
    return { sessionId: row?.sessionId ?? '', turnId, attempt };
  });
  client.send({ type: 'subscribe', sessionId, after: 0 });
  await client.next('events');
  await tenant.rpc.settle(endOf(attempt));
  expect(await client.next('usage')).toMatchObject({
    sessionId,
    turnId,
    usage: { model: PRIMARY, tokensIn: 100, tokensOut: 10 },
  });
});
