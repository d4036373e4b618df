import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { findModel } from '../contract/models.ts';
import type { NoticeKind } from '../contract/notices.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { callOf, endOf, metersOf, rowOf, rowsOf } from './doubles/ledger.ts';
import { allDue, setDue, type DueKind } from './due.ts';
import { FIRST_LOOKUP_MS, MAX_ATTEMPT_MS, SWEEP_MARGIN_MS } from './ledger.ts';
import { FLUSH_DELAY_MS } from './outbox.ts';
import type { Caller } from './rpc.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const OPERATOR: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };
const BUDGET = 60_000_000;

let calls = 0;
/** One call that costs so many percent of the budget, from its admission to its end. */
async function spend({ rpc }: FreshAgent, percent: number): Promise<string> {
  calls += 1;
  const admission = await rpc.admit(callOf(`call-${calls}`, { generation: null }));
  if (!admission.ok) throw new Error(admission.message);
  const { id, model } = admission.attempt;
  const tokensIn = (BUDGET * percent) / 100 / (findModel(model)?.priceIn ?? 0);
  await rpc.settle(endOf(id, { usage: { tokensIn, tokensOut: 0, tokensCached: 0 } }));
  return id;
}

async function withBudget() {
  const tenant = await newTenant({ limits: { maxNanoPerMonth: BUDGET } });
  const client = await ChatClient.open(tenant.rpc, OPERATOR);
  await client.next('hello');
  /** What sockets were told of the budget so far; asked after a frame that follows everything. */
  const told = async (): Promise<number[]> => {
    const title = crypto.randomUUID();
    await tenant.rpc.createSession(OPERATOR, { title });
    await client.next('session', ({ session }) => session.title === title);
    return client.frames.flatMap((frame) =>
      frame.type === 'budget' ? [frame.budget.percent] : [],
    );
  };
  const notices = async (): Promise<NoticeKind[]> => {
    await tenant.rpc.poke();
    const { results } = await env.DB.prepare(
      'SELECT kind FROM notices WHERE tenant_id = ? ORDER BY id',
    )
      .bind(tenant.record.id)
      .all<{ kind: NoticeKind }>();
    return results.map(({ kind }) => kind).toSorted();
  };
  const limit = (maxNanoPerMonth: number, version: number) =>
    tenant.rpc.apply({ ...tenant.record, limits: { maxNanoPerMonth }, version });
  return { tenant, client, told, notices, limit };
}

describe('the month’s budget', () => {
  it('is told to members and operators at 80 and at 100 percent, once each', async () => {
    const { tenant, client, told, notices } = await withBudget();
    await spend(tenant, 79);
    expect([await told(), await notices()]).toEqual([[], []]);
    await spend(tenant, 1);
    expect(await client.next('budget')).toMatchObject({
      budget: { percent: 80, usedNano: BUDGET * 0.8, limitNano: BUDGET },
    });
    expect([await told(), await notices()]).toEqual([[80], ['budget_80']]);
    await spend(tenant, 19);
    expect([await told(), await notices()]).toEqual([[80], ['budget_80']]);
    await spend(tenant, 5);
    expect([await told(), await notices()]).toEqual([
      [80, 100],
      ['budget_100', 'budget_80'],
    ]);
    const refused = await tenant.rpc.admit(callOf('more', { generation: null }));
    expect(refused).toMatchObject({ ok: false, code: 'budget_reached' });
    expect(await told()).toEqual([80, 100]);
  });

  it('that one call takes past both is told once', async () => {
    const { tenant, told, notices } = await withBudget();
    await spend(tenant, 120);
    expect([await told(), await notices()]).toEqual([[100], ['budget_100']]);
  });

  it('is told again to nobody by a step that runs again, nor of a month that is over', async () => {
    const { tenant, notices } = await withBudget();
    await spend(tenant, 80);
    expect(await notices()).toEqual(['budget_80']);
    await tenant.inside(({ db }) => {
      const { start } = metersOf(db, Date.now()).month;
      setDue(db, 'notice', `${start}:80`, 1);
      setDue(db, 'notice', `${start - 1}:100`, 1);
    });
    expect(await notices()).toEqual(['budget_80']);
    await tenant.inside(({ db }) =>
      expect(allDue(db).filter(({ kind }) => kind === 'notice')).toEqual([]),
    );
    const row = await env.DB.prepare('SELECT * FROM notices WHERE tenant_id = ?')
      .bind(tenant.record.id)
      .first<{ data: string; at: number }>();
    expect(JSON.parse(row?.data ?? '')).toMatchObject({
      usedNano: BUDGET * 0.8,
      limitNano: BUDGET,
    });
    expect(row?.at).toBeLessThanOrEqual(Date.now());
  });

  it('that is raised takes the notice back and says so, and comes to it again', async () => {
    const { tenant, told, notices, limit } = await withBudget();
    await spend(tenant, 100);
    await limit(2 * BUDGET, 2);
    expect(await told()).toEqual([100, 0]);
    await spend(tenant, 60);
    expect(await told()).toEqual([100, 0, 80]);
    // One row for each percentage of a month.
    expect(await notices()).toEqual(['budget_100', 'budget_80']);
    await limit(BUDGET, 3);
    expect(await told()).toEqual([100, 0, 80, 100]);
    expect(await notices()).toEqual(['budget_100', 'budget_80']);
  });

  it('that is lowered below what is used is reached at once', async () => {
    const { tenant, told, notices, limit } = await withBudget();
    await spend(tenant, 50);
    await limit(BUDGET / 2, 2);
    expect([await told(), await notices()]).toEqual([[100], ['budget_100']]);
  });
});

describe('the end of an attempt', () => {
  const begin = async ({ rpc }: FreshAgent, callId: string) => {
    const admission = await rpc.admit(callOf(callId, { generation: null }));
    return admission.ok ? 'ok' : admission.code;
  };

  it('is stored before its caller is told', async () => {
    const tenant = await newTenant();
    await begin(tenant, 'call');
    expect(await tenant.rpc.settle(endOf('call.1'))).toEqual({ failedCalls: 0 });
    await evictDurableObject(tenant.stub);
    await tenant.inside(({ db }) => expect(rowOf(db, 'call.1')?.state).toBe('final'));
  });

  it('is settled after the agent was evicted, when nobody remembers its intent', async () => {
    const tenant = await newTenant();
    await begin(tenant, 'call');
    await evictDurableObject(tenant.stub);
    await tenant.rpc.settle(endOf('call.1'));
    await tenant.inside(({ db }) => expect(rowOf(db, 'call.1')?.state).toBe('final'));
  });

  it('is settled with others, and one that is nobody’s keeps no other from it', async () => {
    const tenant = await newTenant();
    await begin(tenant, 'first');
    await begin(tenant, 'second');
    await tenant.rpc.settleAll(
      ['first.1', 'unknown.1', 'first.1', 'second.1'].map((id) => endOf(id)),
    );
    await tenant.inside(({ db }) => {
      expect(rowsOf(db).map(({ state }) => state)).toEqual(['final', 'final']);
      expect(metersOf(db, Date.now())).toMatchObject({ held: 0, day: { heldTokens: 0 } });
    });
  });

  it('that is told twice at once counts once', async () => {
    const tenant = await newTenant();
    await begin(tenant, 'call');
    const usage = { tokensIn: 1, tokensOut: 1, tokensCached: 0 };
    await Promise.all([
      tenant.rpc.settle(endOf('call.1')),
      tenant.rpc.settle(endOf('call.1', { usage })),
      tenant.rpc.settle(endOf('call.1', { usage: null, outcome: 'aborted' })),
    ]);
    await tenant.inside(({ db }) => {
      const [row] = rowsOf(db);
      expect(metersOf(db, Date.now()).day).toMatchObject({
        tokens: (row?.tokensIn ?? 0) + (row?.tokensOut ?? 0),
        heldTokens: row?.state === 'unsettled' ? row.reservedTokens : 0,
      });
    });
  });
});

describe('what follows', () => {
  const dueAt = ({ inside }: FreshAgent, kind: DueKind): Promise<number | undefined> =>
    inside(({ db }) => allDue(db).find((step) => step.kind === kind)?.at);
  const begin = async ({ rpc, inside }: FreshAgent, callId: string): Promise<number> => {
    await rpc.admit(callOf(callId, { generation: null }));
    return inside(({ db }) => rowOf(db, `${callId}.1`)?.createdAt ?? Number.NaN);
  };

  it('an admission is a sweep, after the attempt must have been cut', async () => {
    const tenant = await newTenant();
    const at = await begin(tenant, 'call');
    expect(await dueAt(tenant, 'sweep')).toBe(at + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS);
    await begin(tenant, 'later');
    expect(await dueAt(tenant, 'sweep')).toBe(at + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS);
  });

  it('an admission is a sweep also after one that left nothing to look up', async () => {
    const tenant = await newTenant();
    await begin(tenant, 'call');
    await tenant.rpc.settle(endOf('call.1'));
    await tenant.inside(({ db }) => setDue(db, 'sweep', '', 1));
    await runDurableObjectAlarm(tenant.stub);
    expect(await dueAt(tenant, 'sweep')).toBeUndefined();
    const at = await begin(tenant, 'later');
    expect(await dueAt(tenant, 'sweep')).toBe(at + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS);
  });

  it('an end without usage is a sweep soon', async () => {
    const tenant = await newTenant();
    const at = await begin(tenant, 'call');
    await tenant.rpc.settle(endOf('call.1', { usage: null, outcome: 'aborted' }));
    const sweepAt = (await dueAt(tenant, 'sweep')) ?? Number.NaN;
    expect(sweepAt).toBeGreaterThanOrEqual(at + FIRST_LOOKUP_MS);
    expect(sweepAt).toBeLessThan(Date.now() + 2 * FIRST_LOOKUP_MS);
  });

  it('an end with usage is a flush soon, also of an object that knows nothing any more', async () => {
    const tenant = await newTenant();
    const at = await begin(tenant, 'call');
    await evictDurableObject(tenant.stub);
    await tenant.rpc.settle(endOf('call.1'));
    const flushAt = (await dueAt(tenant, 'flush')) ?? Number.NaN;
    expect(flushAt).toBeGreaterThanOrEqual(at + FLUSH_DELAY_MS);
    expect(flushAt).toBeLessThan(Date.now() + 2 * FLUSH_DELAY_MS);
  });

  it('is written for each end, though a flush has just been', async () => {
    const tenant = await newTenant();
    for (const id of ['a', 'b', 'c']) {
      await begin(tenant, id);
      await tenant.rpc.settle(endOf(`${id}.1`));
      expect(await dueAt(tenant, 'flush')).toBeDefined();
      await tenant.inside(({ db }) => setDue(db, 'flush', '', 1));
      expect(await runDurableObjectAlarm(tenant.stub)).toBe(true);
      expect(await dueAt(tenant, 'flush')).toBeUndefined();
    }
    const { n } =
      (await env.DB.prepare('SELECT count(*) AS n FROM usage WHERE tenant_id = ?')
        .bind(tenant.record.id)
        .first<{ n: number }>()) ?? {};
    expect(n).toBe(3);
  });
});
