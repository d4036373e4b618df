import { expect, it } from 'vitest';
import { asAppError } from '../contract/errors.ts';
import type { RouteRequest } from '../contract/policy.ts';
import { admit, retry } from './admit.ts';
import { freshAgent } from './doubles/fresh-agent.ts';
import { contextOf, FALLBACK, POLICY, PRIMARY, rowsOf } from './doubles/ledger.ts';
import type { AdmitInput, RetryInput, SettleInput } from './ledger.ts';
import { testRoute } from './route-test.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';

const REQUEST: RouteRequest = { tier: 'premium', platform: 'elsewhere.com', workload: 'monitor' };
const USAGE = { prompt_tokens: 20, completion_tokens: 5 };
const saying = (content: unknown): Response =>
  Response.json(
    { choices: [{ message: { content } }], usage: USAGE },
    { headers: { 'cf-aig-log-id': 'log-1' } },
  );

/** A routing test on a real ledger, in which the n-th attempt meets the n-th answer. */
function testWith(db: AgentDb, ...answers: Response[]) {
  const ctx = contextOf(db);
  const bodies: unknown[] = [];
  const deps = {
    admit: async (input: AdmitInput) => admit(ctx, input),
    retry: async (ended: SettleInput, input: RetryInput) => retry(ctx, ended, input),
    settle: async (input: SettleInput) => settle(ctx, input),
    fetch: async () => answers.shift() ?? new Response('', { status: 500 }),
    gateway: {
      request: (_: unknown, body: unknown) => {
        bodies.push(body);
        return { url: 'http://upstream', init: { method: 'POST' as const, headers: {}, body: '' } };
      },
    },
    waitUntil: () => undefined,
    now: Date.now,
    db,
    policy: POLICY,
  };
  return { bodies, result: testRoute(deps, REQUEST) };
}

it('a routing test is one real call along the route, booked before it is answered', () =>
  freshAgent().inside(async ({ db }) => {
    const { result, bodies } = testWith(db, saying('I am here.'));
    const answer = await result;
    expect(answer).toMatchObject({
      model: PRIMARY,
      policyVersion: POLICY.version,
      rule: 0,
      fallbackUsed: false,
      attempts: 1,
      tokensIn: 20,
      tokensOut: 5,
      costNano: 20 * 60 + 5 * 400,
      logId: 'log-1',
      answer: 'I am here.',
    });
    expect(answer.explanation).toContain(PRIMARY);
    expect(rowsOf(db)).toMatchObject([
      { callId: answer.callId, source: 'agent', tier: 'premium', platform: 'elsewhere.com' },
    ]);
    expect(bodies).toMatchObject([{ model: 'monitor', messages: [{ role: 'user' }] }]);
  }));

it('it goes to the fallback as every call does, and says so', () =>
  freshAgent().inside(async ({ db }) => {
    const { result } = testWith(db, new Response('', { status: 503 }), saying('Me too.'));
    expect(await result).toMatchObject({ model: FALLBACK, fallbackUsed: true, attempts: 2 });
    expect(rowsOf(db)).toHaveLength(2);
  }));

it('it fails with what happened and where to look', () =>
  freshAgent().inside(async ({ db }) => {
    const failureOf = (...answers: Response[]) =>
      testWith(db, ...answers).result.then(
        () => null,
        (error: unknown) => asAppError(error),
      );
    expect(await failureOf()).toMatchObject({
      code: 'upstream_failed',
      hint: expect.stringContaining('skclaw env validate'),
    });
    expect(await failureOf(Response.json({ choices: 'none' }))).toMatchObject({
      code: 'upstream_failed',
      message: expect.stringMatching(/no completion/),
    });
  }));

it('it shows no more than the beginning of an answer, and none where there is no text', () =>
  freshAgent().inside(async ({ db }) => {
    expect((await testWith(db, saying('x'.repeat(2_000))).result).answer).toBe('x'.repeat(500));
    expect((await testWith(db, saying(null)).result).answer).toBe('');
  }));
