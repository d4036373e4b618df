import { ulid } from 'ulid';
import { z } from 'zod';
import type { ChatRequest } from '../contract/ai-gateway.ts';
import { AppError } from '../contract/errors.ts';
import type { Tier, Workload } from '../contract/tiers.ts';
import type { Attempt } from './ledger.ts';
import type { RelayDeps } from './model-call.ts';
import { relay } from './relay.ts';

const completion = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string().nullish() }) })),
});

export interface AgentAnswer {
  callId: string;
  attempt: Attempt;
  text: string;
  latencyMs: number;
  firstByteMs: number | null;
  logId: string | null;
}

function textOf(body: string): string {
  try {
    const parsed = completion.parse(JSON.parse(body));
    return parsed.choices[0]?.message.content ?? '';
  } catch {
    throw new AppError('upstream_failed', 'AI Gateway answered something that is no completion.');
  }
}

/**
 * One model call of the agent's own, by the same relay as every other and booked like every other when
 * it resolves. AppError with the code of the refusal, upstream_failed or upstream_timeout when no model
 * answered within `timeoutMs`.
 */
export async function callAsAgent(
  deps: RelayDeps,
  call: {
    workload: Workload;
    body: ChatRequest;
    timeoutMs: number;
    as?: { tier: Tier; platform: string };
  },
): Promise<AgentAnswer> {
  const { workload, body, timeoutMs, as } = call;
  const callId = ulid();
  const startedAt = deps.now();
  const settling: Promise<unknown>[] = [];
  const left = new AbortController();
  const timer = setTimeout(() => left.abort(), timeoutMs);
  const result = await relay(
    { ...deps, waitUntil: (work) => settling.push(work) },
    {
      callId,
      source: 'agent',
      workload,
      model: null,
      body,
      requestBytes: new TextEncoder().encode(JSON.stringify(body)).byteLength,
      generation: null,
      openclawSession: null,
      affinity: null,
      ...(as && { as }),
      signal: left.signal,
    },
  ).finally(() => clearTimeout(timer));
  if (!result.ok) {
    throw new AppError(result.code, result.message, {
      hint: 'See `skclaw env validate` for the state of AI Gateway.',
    });
  }
  const latencyMs = deps.now() - startedAt;
  const text = textOf(await result.response.text());
  await Promise.all(settling);
  const { attempt, firstByteMs, logId } = result;
  return { callId, attempt, text, latencyMs, firstByteMs, logId };
}
