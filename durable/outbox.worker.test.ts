import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { costNano } from '../contract/models.ts';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { attempts } from '../db/agent/schema.ts';
import { insertUsage } from '../db/queries/usage.ts';
import { openDb as openD1 } from '../db/queries/open.ts';
import { admit } from './admit.ts';
import { readCell } from './cells.ts';
import type { AiGateway } from './ai-gateway.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import { countByState, markFlushed, readOutbox } from './ledger-outbox.ts';
import { FIRST_LOOKUP_MS, MAX_ATTEMPT_MS, SWEEP_MARGIN_MS, type LedgerContext } from './ledger.ts';
import { flushOutbox, sweepAttempts } from './outbox.ts';
import { finish, settle } from './settle.ts';
import type { AgentDb } from './storage.ts';
import { LOOKUP_FOR_MS } from './sweep.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const usage = { tokensIn: 100, tokensOut: 10, tokensCached: 0 };
const record = makeRecord();
const contextOf = (db: AgentDb): LedgerContext => ({
  db,
  record,
  policy: SEED_POLICY,
  generation: 1,
  now: NOW,
});

/** Admits a call, of which nothing is heard any more. */
function addIntent(db: AgentDb, callId: string): void {
  admit(contextOf(db), {
    callId,
    source: 'api',
    workload: 'chat',
    model: null,
    requestBytes: 2_000,
    requestedMaxTokens: 100,
    generation: null,
    openclawSession: null,
  });
}

/** Admits a call and settles it, with usage or without. */
function addCall(db: AgentDb, callId: string, used: typeof usage | null = usage): void {
  addIntent(db, callId);
  settle(contextOf(db), {
    attemptId: `${callId}.1`,
    outcome: used ? 'ok' : 'aborted',
    status: 200,
    usage: used,
    logId: null,
    firstByteMs: 1,
    latencyMs: 2,
    callFailed: false,
  });
}
const flush = (db: AgentDb, tenantId: string) =>
  flushOutbox({ db, d1: env.DB, tenantId, now: () => NOW });
async function inD1(tenantId: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT id FROM usage WHERE tenant_id = ? ORDER BY id')
    .bind(tenantId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

describe('a flush', () => {
  it('puts each final attempt into D1 once, and the next one finds nothing', () =>
    freshAgent().inside(async ({ db }) => {
      const tenantId = crypto.randomUUID();
      addCall(db, `${tenantId}-a`);
      addCall(db, `${tenantId}-b`);
      addCall(db, `${tenantId}-c`, null);
      expect(await flush(db, tenantId)).toEqual({ flushed: 2, more: false });
      expect(await flush(db, tenantId)).toEqual({ flushed: 0, more: false });
      expect(await inD1(tenantId)).toEqual([`${tenantId}-a.1`, `${tenantId}-b.1`]);
      expect(countByState(db)).toMatchObject({ final: 0, flushed: 2, unsettled: 1 });
    }));

  it('that died between D1 and its own mark is repeated without a second row', () =>
    freshAgent().inside(async ({ db }) => {
      const tenantId = crypto.randomUUID();
      addCall(db, `${tenantId}-a`);
      await insertUsage(openD1(env.DB), readOutbox(db, tenantId, 10));
      expect(countByState(db).final).toBe(1);
      expect(await flush(db, tenantId)).toEqual({ flushed: 1, more: false });
      expect(await inD1(tenantId)).toEqual([`${tenantId}-a.1`]);
    }));

  it('by two at once leaves one row each', () =>
    freshAgent().inside(async ({ db }) => {
      const tenantId = crypto.randomUUID();
      for (let i = 0; i < 5; i += 1) {
        addCall(db, `${tenantId}-${i}`);
        settle(contextOf(db), {
          attemptId: `${tenantId}-${i}.1`,
          outcome: 'ok',
          status: 200,
          usage,
          logId: null,
          firstByteMs: 1,
          latencyMs: 2,
          callFailed: false,
        });
      }
      await Promise.all([flush(db, tenantId), flush(db, tenantId)]);
      expect(await inD1(tenantId)).toHaveLength(5);
    }));

  it('that D1 refuses keeps the rows', () =>
    freshAgent().inside(async ({ db }) => {
      addCall(db, 'kept');
      const broken = {
        prepare: () => {
          throw new Error('D1 is down');
        },
      } as unknown as D1Database;
      const flushing = flushOutbox({ db, d1: broken, tenantId: 't', now: () => NOW });
      await expect(flushing).rejects.toThrow();
      expect(countByState(db).final).toBe(1);
      markFlushed(db, [], NOW);
      expect(countByState(db).final).toBe(1);
    }));
});

describe('a sweep', () => {
  type LookUp = AiGateway['lookUp'];
  const sweep = (db: AgentDb, lookUp: LookUp, now: number) =>
    sweepAttempts({ db, gateway: { lookUp }, now: () => now });
  const only = (db: AgentDb) => db.select().from(attempts).all()[0];
  const asked = NOW + FIRST_LOOKUP_MS;
  const unavailable: LookUp = async () => {
    throw new Error('legacy API is gone');
  };

  it('books what AI Gateway’s log says', () =>
    freshAgent().inside(async ({ db }) => {
      addCall(db, 'call', null);
      const swept = await sweep(
        db,
        async () => ({ kind: 'found', usage, status: 200, logId: 'log-9' }),
        asked,
      );
      expect(swept).toEqual({ booked: 1, nextAt: null });
      expect(only(db)).toMatchObject({
        state: 'final',
        settledBy: 'looked_up',
        tokensIn: 100,
        logId: 'log-9',
        outcome: 'aborted',
        settledAt: asked,
      });
    }));

  it('asks again later when there is nothing yet, and does not ask before', () =>
    freshAgent().inside(async ({ db }) => {
      addCall(db, 'call', null);
      let looks = 0;
      const lookUp: LookUp = async () => {
        looks += 1;
        return { kind: 'nothing' };
      };
      const first = await sweep(db, lookUp, asked);
      expect(first.booked).toBe(0);
      expect(first.nextAt).toBeGreaterThan(asked);
      await sweep(db, lookUp, (first.nextAt ?? 0) - 1);
      expect(looks).toBe(1);
      await sweep(db, lookUp, first.nextAt ?? 0);
      expect(only(db)).toMatchObject({ state: 'unsettled', lookups: 2 });
    }));

  it('books zero, and gives back what was held, for an intent that no model has seen', () =>
    freshAgent().inside(async ({ db }) => {
      addIntent(db, 'call');
      let now = NOW + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS;
      for (let looks = 0; looks < 20 && only(db)?.state !== 'final'; looks += 1) {
        await sweep(db, async () => ({ kind: 'nothing' }), now);
        now = only(db)?.lookupAt ?? now;
      }
      expect(only(db)).toMatchObject({ settledBy: 'not_sent', costNano: 0, state: 'final' });
      expect(readCell(db, 'meters')?.month.heldNano).toBe(0);
      expect(now).toBeLessThan(NOW + 60 * 60_000);
    }));

  it('leaves alone what another is looking up, and what was settled meanwhile', () =>
    freshAgent().inside(async ({ db }) => {
      addCall(db, 'call', null);
      let found = (): void => undefined;
      const slow = sweep(
        db,
        () => new Promise((resolve) => (found = () => resolve({ kind: 'nothing' }))),
        asked,
      );
      const other = await sweep(
        db,
        async () => ({ kind: 'found', usage, status: 200, logId: 'x' }),
        asked,
      );
      expect(other.booked).toBe(0);
      // The sweep that hangs has left it there.
      const row = only(db)!;
      finish(db, row, { ...row, usage, settledBy: 'looked_up', now: asked });
      found();
      expect(await slow).toEqual({ booked: 0, nextAt: null });
      expect(only(db)).toMatchObject({ state: 'final', lookupAt: null });
    }));

  it('books no less than was reserved after a day without an answer', () =>
    freshAgent().inside(async ({ db }) => {
      addCall(db, 'call', null);
      await sweep(db, unavailable, NOW + LOOKUP_FOR_MS);
      const row = only(db);
      expect(row).toMatchObject({ settledBy: 'estimated', state: 'final' });
      const { reservedTokens = 0, reservedNano = 0, model = '' } = row ?? {};
      expect((row?.tokensIn ?? 0) + (row?.tokensOut ?? 0)).toBe(reservedTokens);
      expect(row?.costNano).toBe(reservedNano);
      expect(reservedNano).toBe(
        costNano(model, { tokensIn: 1_000, tokensOut: 100, tokensCached: 0 }),
      );
    }));

  it('goes on with the others when one can’t be looked up', () =>
    freshAgent().inside(async ({ db }) => {
      addCall(db, 'bad', null);
      addCall(db, 'good', null);
      const lookUp: LookUp = async ({ id }) => {
        if (id === 'bad.1') throw new Error('no');
        return { kind: 'found', usage, status: 200, logId: 'x' };
      };
      expect((await sweep(db, lookUp, asked)).booked).toBe(1);
      expect(countByState(db)).toMatchObject({ final: 1, unsettled: 1 });
    }));
});
