import { eq } from 'drizzle-orm';
import type { RoutingTestResult } from '../contract/api.ts';
import { explainRoute, type Policy, type RouteRequest } from '../contract/policy.ts';
import { attempts } from '../db/agent/schema.ts';
import { callAsAgent } from './agent-call.ts';
import type { RelayDeps } from './model-call.ts';
import type { AgentDb } from './storage.ts';

/** What a routing test asks of a model: short, and nothing of anybody's. */
const TEST_PROMPT = 'Answer with one short sentence: are you there?';
const TEST_MAX_TOKENS = 64;
/** A routing test that takes longer has failed, ms. */
const TEST_TIMEOUT_MS = 60_000;
/** Characters of the answer that a test shows. */
const ANSWER_CHARS = 500;

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
  const { workload, tier, platform } = request;
  const call = { workload, body, timeoutMs: TEST_TIMEOUT_MS, as: { tier, platform } };
  const { callId, attempt, text, latencyMs, firstByteMs, logId } = await callAsAgent(deps, call);
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
    firstByteMs,
    tokensIn: row?.tokensIn ?? 0,
    tokensOut: row?.tokensOut ?? 0,
    costNano: row?.costNano ?? 0,
    logId,
    callId,
    answer: text.slice(0, ANSWER_CHARS),
  };
}
