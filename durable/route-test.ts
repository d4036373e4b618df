import { eq } from 'drizzle-orm';
import { ulid } from 'ulid';
import { z } from 'zod';
import type { RoutingTestResult } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { explainRoute, type Policy, type RouteRequest } from '../contract/policy.ts';
import { attempts } from '../db/agent/schema.ts';
import type { RelayDeps } from './model-call.ts';
import { relay } from './relay.ts';
import type { AgentDb } from './storage.ts';

/** What a routing test asks of a model: short, and nothing of anybody's. */
const TEST_PROMPT = 'Answer with one short sentence: are you there?';
const TEST_MAX_TOKENS = 64;
/** A routing test that takes longer has failed, ms. */
const TEST_TIMEOUT_MS = 60_000;
/** Characters of the answer that a test shows. */
const ANSWER_CHARS = 500;

const completion = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string().nullish() }) })),
});

function answerOf(text: string): string {
  try {
    const parsed = completion.parse(JSON.parse(text));
    return (parsed.choices[0]?.message.content ?? '').slice(0, ANSWER_CHARS);
  } catch {
    throw new AppError('upstream_failed', 'AI Gateway answered something that is no completion.');
  }
}

/**
 * One real model call along a route, by the same relay as every other, booked like every other.
 * AppError upstream_failed or upstream_timeout when no model answered.
 */
export async function testRoute(
  deps: RelayDeps & { db: AgentDb; policy: Policy },
  request: RouteRequest,
): Promise<RoutingTestResult> {
  const body = {
    model: request.workload,
    messages: [{ role: 'user', content: TEST_PROMPT }],
    max_tokens: TEST_MAX_TOKENS,
  };
  const callId = ulid();
  const startedAt = deps.now();
  const settling: Promise<unknown>[] = [];
  const left = new AbortController();
  const timer = setTimeout(() => left.abort(), TEST_TIMEOUT_MS);
  const result = await relay(
    { ...deps, waitUntil: (work) => settling.push(work) },
    {
      callId,
      source: 'agent',
      workload: request.workload,
      model: null,
      body,
      requestBytes: JSON.stringify(body).length,
      generation: null,
      openclawSession: null,
      affinity: null,
      as: { tier: request.tier, platform: request.platform },
      signal: left.signal,
    },
  ).finally(() => clearTimeout(timer));
  if (!result.ok) {
    throw new AppError(result.code, result.message, {
      hint: 'See `skclaw env validate` for the state of AI Gateway.',
    });
  }
  const latencyMs = deps.now() - startedAt;
  const answer = answerOf(await result.response.text());
  await Promise.all(settling);
  const { attempt } = result;
  const row = deps.db.select().from(attempts).where(eq(attempts.id, attempt.id)).get();
  const explained = explainRoute(deps.policy, request);
  return {
    model: attempt.model,
    explanation: explained.explanation,
    policyVersion: attempt.policyVersion,
    rule: explained.ok ? explained.route.rule : 0,
    fallbackUsed: attempt.n > 1,
    attempts: attempt.n,
    latencyMs,
    firstByteMs: result.firstByteMs,
    tokensIn: row?.tokensIn ?? 0,
    tokensOut: row?.tokensOut ?? 0,
    costNano: row?.costNano ?? 0,
    logId: result.logId,
    callId,
    answer,
  };
}
