import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TenantRecord } from '../contract/agent.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { admit } from './admit.ts';
import { freshAgent, makeRecord, newTenant, NOW } from './doubles/fresh-agent.ts';
import { admitted, callOf, contextOf, endOf, metersOf, rowsOf } from './doubles/ledger.ts';
import { MAX_ATTEMPT_MS, type Admission, type LedgerContext } from './ledger.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const MINUTE_MS = 60_000;
/** 2025-06-15, in the middle of a month. */
const DAY = Date.parse('2025-06-15T00:00:00Z');
const JULY = Date.parse('2025-07-01T00:00:00Z');
/** What a call of `callOf` reserves: 2,001 tokens of prompt at 60, and 1,000 of answer at 400. */
const RESERVED = { tokens: 3_001, nano: 2_001 * 60 + 1_000 * 400 };

/** Ledgers of a tenant with limits of its own, at any time. */
function limited(db: AgentDb, limits: TenantRecord['limits']) {
  const record = makeRecord({ limits });
  return (now = NOW, changed: Partial<LedgerContext> = {}): LedgerContext =>
    contextOf(db, { record, now, ...changed });
}
const codeOf = (admission: Admission): string => (admission.ok ? 'ok' : admission.code);

describe('calls at once', () => {
  it('are exactly as many as the limit, of a hundred that come at the same moment', async () => {
    const { rpc, inside } = await newTenant({
      limits: { maxConcurrentCalls: 10, maxCallsPerMinute: 1_000 },
    });
    const asked = Array.from({ length: 100 }, (_, i) =>
      rpc.admit(callOf(`call-${i}`, { generation: null })),
    );
    const codes = (await Promise.all(asked)).map(codeOf);
    expect(codes.filter((code) => code === 'ok')).toHaveLength(10);
    expect(codes.filter((code) => code === 'limit_reached')).toHaveLength(90);
    await inside(({ db }) => expect(rowsOf(db)).toHaveLength(10));
  });

  it('are the tier’s, and one more when one is settled', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      const limit = TIER_CONFIG.free.limits.maxConcurrentCalls;
      for (let i = 0; i < limit; i += 1) admitted(ctx, callOf(`call-${i}`));
      expect(admit(ctx, callOf('more'))).toEqual({
        ok: false,
        code: 'limit_reached',
        message: `At most ${limit} model calls may run at once. Try again soon.`,
        retryAfterMs: 1_000,
        failedCalls: 0,
      });
      expect(rowsOf(db)).toHaveLength(limit);
      settle(ctx, endOf('call-0.1'));
      expect(codeOf(admit(ctx, callOf('more')))).toBe('ok');
    }));

  it('no longer count an intent that must have been cut, or whose generation is over', () =>
    freshAgent().inside(({ db }) => {
      const at = limited(db, { maxConcurrentCalls: 1 });
      admitted(at(), callOf('cut'));
      expect(codeOf(admit(at(NOW + MAX_ATTEMPT_MS - 1), callOf('a')))).toBe('limit_reached');
      expect(codeOf(admit(at(NOW + MAX_ATTEMPT_MS), callOf('a')))).toBe('ok');
      const later = at(NOW + MAX_ATTEMPT_MS, { generation: 2 });
      expect(codeOf(admit(later, callOf('b', { generation: 2 })))).toBe('ok');
      expect(codeOf(admit(later, callOf('c', { generation: 2 })))).toBe('limit_reached');
    }));

  it('of programs belong to no generation, and count in each', () =>
    freshAgent().inside(({ db }) => {
      const at = limited(db, { maxConcurrentCalls: 1 });
      admitted(at(), callOf('api', { source: 'api', generation: null }));
      const next = at(NOW, { generation: 2 });
      expect(codeOf(admit(next, callOf('a', { generation: 2 })))).toBe('limit_reached');
    }));
});

describe('calls of a minute', () => {
  it('are counted as they are admitted, and start again with the next minute', () =>
    freshAgent().inside(({ db }) => {
      const at = limited(db, { maxCallsPerMinute: 2 });
      for (const id of ['a', 'b']) {
        admitted(at(DAY), callOf(id));
        settle(at(DAY), endOf(`${id}.1`));
      }
      expect(admit(at(DAY + 1_500), callOf('c'))).toEqual({
        ok: false,
        code: 'rate_limited',
        message: 'At most 2 model calls a minute. Try again in 59 seconds.',
        retryAfterMs: 58_500,
        failedCalls: 0,
      });
      expect(codeOf(admit(at(DAY + MINUTE_MS), callOf('c')))).toBe('ok');
    }));

  it('count a call once that is admitted twice, and none that is refused', () =>
    freshAgent().inside(({ db }) => {
      const at = limited(db, { maxCallsPerMinute: 2, maxConcurrentCalls: 1 });
      admitted(at(), callOf('a'));
      expect(codeOf(admit(at(), callOf('a')))).toBe('ok');
      expect(codeOf(admit(at(), callOf('b')))).toBe('limit_reached');
      expect(metersOf(db).minute.calls).toBe(1);
    }));
});

describe('tokens of a day', () => {
  it('are used up by what is held too, and start again at midnight UTC', () =>
    freshAgent().inside(({ db }) => {
      const at = limited(db, { maxTokensPerDay: RESERVED.tokens + 1, maxConcurrentCalls: 9 });
      const night = DAY + 24 * 60 * MINUTE_MS - 1;
      admitted(at(night), callOf('a'));
      // One token is left: the last call may pass the limit by what it reserves.
      admitted(at(night), callOf('b'));
      expect(admit(at(night), callOf('c'))).toMatchObject({
        code: 'limit_reached',
        message: 'Today’s limit of 3,002 tokens is used up. It resets at 00:00 UTC.',
        retryAfterMs: 1,
      });
      settle(at(night), endOf('b.1'));
      settle(at(night), endOf('a.1'));
      expect(codeOf(admit(at(night), callOf('c')))).toBe('ok');
      expect(codeOf(admit(at(night), callOf('d')))).toBe('limit_reached');
      expect(codeOf(admit(at(night + 1), callOf('d')))).toBe('ok');
      expect(metersOf(db, night + 1).day).toMatchObject({
        tokens: 0,
        heldTokens: RESERVED.tokens,
      });
    }));
});

describe('money of a month', () => {
  it('is used up by what is held too, and starts again with the next month', () =>
    freshAgent().inside(({ db }) => {
      const at = limited(db, { maxNanoPerMonth: RESERVED.nano, maxConcurrentCalls: 9 });
      admitted(at(JULY - 2), callOf('a'));
      expect(admit(at(JULY - 2), callOf('b'))).toMatchObject({
        code: 'budget_reached',
        message: 'This month’s budget of $0.00 is used up. It renews on July 1, 00:00 UTC.',
        retryAfterMs: 2,
      });
      settle(at(JULY - 1), endOf('a.1'));
      expect(codeOf(admit(at(JULY - 1), callOf('b')))).toBe('ok');
      expect(codeOf(admit(at(JULY - 1), callOf('c')))).toBe('budget_reached');
      expect(codeOf(admit(at(JULY), callOf('c')))).toBe('ok');
      // What began in June is booked, and counts in June only.
      settle(at(JULY + 1), endOf('b.1'));
      expect(metersOf(db, JULY + 1).month).toMatchObject({ nano: 0, heldNano: RESERVED.nano });
    }));
});

describe('a tenant’s own limits', () => {
  it('win over its tier’s, whether they are more or less', () =>
    freshAgent()
      .inside(({ db }) => {
        const { maxConcurrentCalls } = TIER_CONFIG.free.limits;
        const more = limited(db, { maxConcurrentCalls: maxConcurrentCalls + 1 });
        for (let i = 0; i <= maxConcurrentCalls; i += 1) admitted(more(), callOf(`call-${i}`));
        expect(codeOf(admit(more(), callOf('more')))).toBe('limit_reached');
      })
      .then(() =>
        freshAgent().inside(({ db }) => {
          const none = limited(db, { maxCallsPerMinute: 0 });
          expect(codeOf(admit(none(), callOf('a')))).toBe('rate_limited');
          expect(rowsOf(db)).toEqual([]);
        }),
      ));

  it('hold from the next call on: a budget that is raised ends the refusals at once', async () => {
    const { rpc, record } = await newTenant({ limits: { maxNanoPerMonth: 0 } });
    const ask = async (id: string) => codeOf(await rpc.admit(callOf(id, { generation: null })));
    expect(await ask('a')).toBe('budget_reached');
    await rpc.apply({ ...record, limits: { maxNanoPerMonth: 1 }, version: 2 });
    expect(await ask('b')).toBe('ok');
    expect(await ask('c')).toBe('budget_reached');
    await rpc.apply({ ...record, limits: null, version: 3 });
    expect(await ask('d')).toBe('ok');
  });
});

it('a call that was admitted is answered as admitted again, whatever limit is reached since', () =>
  freshAgent().inside(({ db }) => {
    const ctx = contextOf(db);
    const first = admit(ctx, callOf('call'));
    const lowered = { maxConcurrentCalls: 0, maxCallsPerMinute: 0, maxNanoPerMonth: 0 };
    const record = { ...ctx.record, limits: lowered };
    expect(admit({ ...ctx, record }, callOf('call'))).toEqual(first);
    expect(
      admit({ ...ctx, record: { ...ctx.record, status: 'suspended' } }, callOf('call')),
    ).toEqual(first);
    expect(metersOf(db)).toMatchObject({
      minute: { calls: 1 },
      day: { heldTokens: RESERVED.tokens },
      month: { heldNano: RESERVED.nano },
    });
  }));
