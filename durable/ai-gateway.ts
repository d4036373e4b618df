import { z } from 'zod';
import type { ChatRequest } from '../contract/ai-gateway.ts';
import { withDeadline } from './deadline.ts';
import type { AgentEnv } from './env.ts';
import type { Attempt } from './ledger.ts';
import type { Lookup } from './sweep.ts';

/** Cloudflare's API. Only DEV_MODE may point elsewhere; the boot validation sees to that. */
const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';
/** A look-up in the log that takes longer counts as unavailable, ms. */
const LOOKUP_TIMEOUT_MS = 10_000;

/** What is sent, as `fetch` takes it: making a Request of it first costs as much again. */
export interface UpstreamInit {
  method: 'POST';
  headers: Record<string, string>;
  body: string;
}

export interface AiGateway {
  /** The request of one attempt. */
  request(
    attempt: Attempt,
    body: ChatRequest,
    affinity: string | null,
  ): { url: string; init: UpstreamInit };
  /**
   * What AI Gateway's log says about an attempt. Throws when the log can't be asked. Cloudflare calls
   * this API legacy: nothing else knows it.
   */
  lookUp(attempt: {
    id: string;
    logId: string | null;
  }): Promise<Exclude<Lookup, { kind: 'unavailable' }>>;
}

const logEntry = z.looseObject({
  id: z.string(),
  tokens_in: z.number().nullish(),
  tokens_out: z.number().nullish(),
  status_code: z.number().nullish(),
});
const oneLog = z.looseObject({ success: z.boolean(), result: logEntry.nullish() });
const manyLogs = z.looseObject({ success: z.boolean(), result: z.array(logEntry).nullish() });

/** Longest name of a conversation that is passed on for the prompt cache, in characters. */
const MAX_AFFINITY_CHARS = 128;

/**
 * Whose prompt cache a call may meet: the caller's own name of its conversation, within its tenant.
 * Null for what can't be a header's value.
 */
function affinityOf(attempt: Attempt, name: unknown): string | null {
  if (typeof name !== 'string' || !/^[\x21-\x7e]+$/.test(name)) return null;
  return `${attempt.metadata.tenant}:${name.slice(0, MAX_AFFINITY_CHARS)}`;
}

/** The body as it goes upstream: our model, our output cap, and usage in every stream. */
export function upstreamBody(body: ChatRequest, attempt: Attempt): ChatRequest {
  const {
    max_completion_tokens: _,
    stream_options: __,
    prompt_cache_key: cacheKey,
    ...rest
  } = body;
  const promptCacheKey = affinityOf(attempt, cacheKey);
  return {
    ...rest,
    ...(promptCacheKey === null ? {} : { prompt_cache_key: promptCacheKey }),
    model: attempt.model,
    // Workers AI defaults to 256 tokens on some models: the cap is always said.
    max_tokens: attempt.maxOutputTokens,
    ...(body.stream ? { stream_options: { ...body.stream_options, include_usage: true } } : {}),
  };
}

/** Cloudflare's AI Gateway in front of Workers AI, by its REST API. */
export function aiGateway(env: AgentEnv): AiGateway {
  const base = env.AI_GATEWAY_BASE_URL ?? CLOUDFLARE_API;
  const account = `${base}/accounts/${env.CF_AI_GATEWAY_ACCOUNT_ID}`;
  const logs = `${account}/ai-gateway/gateways/${env.CF_AI_GATEWAY_GATEWAY_ID}/logs`;
  const authorization = `Bearer ${env.CLOUDFLARE_AI_GATEWAY_API_KEY}`;

  function ask(url: string): Promise<{ status: number; ok: boolean; json: unknown }> {
    return withDeadline(LOOKUP_TIMEOUT_MS, async (signal) => {
      const response = await fetch(url, { headers: { authorization }, signal });
      const { status, ok } = response;
      if (ok) return { status, ok, json: await response.json() };
      await response.body?.cancel();
      return { status, ok, json: null };
    });
  }

  async function find(attempt: { id: string; logId: string | null }) {
    if (attempt.logId !== null) {
      const response = await ask(`${logs}/${encodeURIComponent(attempt.logId)}`);
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`the log answered ${response.status}`);
      return oneLog.parse(response.json).result ?? null;
    }
    const filters = JSON.stringify([
      { key: 'metadata.key', operator: 'eq', value: ['call'] },
      { key: 'metadata.value', operator: 'eq', value: [attempt.id] },
    ]);
    const query = new URLSearchParams({ filters, per_page: '1' });
    const response = await ask(`${logs}?${query.toString()}`);
    if (!response.ok) throw new Error(`the log answered ${response.status}`);
    return manyLogs.parse(response.json).result?.[0] ?? null;
  }

  return {
    request(attempt, body, affinity) {
      const sessionAffinity = affinityOf(attempt, affinity);
      const init = {
        method: 'POST' as const,
        headers: {
          authorization,
          'content-type': 'application/json',
          'cf-aig-gateway-id': env.CF_AI_GATEWAY_GATEWAY_ID,
          // One request is one attempt: AI Gateway's own retries and cache are off.
          'cf-aig-max-attempts': '1',
          'cf-aig-skip-cache': 'true',
          'cf-aig-collect-log': 'true',
          'cf-aig-collect-log-payload': 'false',
          'cf-aig-metadata': JSON.stringify(attempt.metadata),
          ...(sessionAffinity === null ? {} : { 'x-session-affinity': sessionAffinity }),
        },
        body: JSON.stringify(upstreamBody(body, attempt)),
      };
      return { url: `${account}/ai/v1/chat/completions`, init };
    },
    async lookUp(attempt) {
      const entry = await find(attempt);
      if (!entry) return { kind: 'nothing' };
      const { id: logId, tokens_in: tokensIn, tokens_out: tokensOut } = entry;
      const status = entry.status_code ?? null;
      const hasFailed = status !== null && status >= 400;
      // A call that was answered has used something: an entry without counts is not finished.
      if (!hasFailed && (tokensIn ?? null) === null && (tokensOut ?? null) === null) {
        return { kind: 'uncounted' };
      }
      const usage = { tokensIn: tokensIn ?? 0, tokensOut: tokensOut ?? 0, tokensCached: 0 };
      return { kind: 'found', usage, status, logId };
    },
  };
}
