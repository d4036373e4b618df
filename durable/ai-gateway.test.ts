import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChatRequest } from '../contract/ai-gateway.ts';
import { aiGateway, upstreamBody } from './ai-gateway.ts';
import type { AgentEnv } from './env.ts';
import type { Attempt } from './ledger.ts';

const env = {
  AI_GATEWAY_BASE_URL: 'http://stand-in/client/v4',
  CF_AI_GATEWAY_ACCOUNT_ID: 'account',
  CF_AI_GATEWAY_GATEWAY_ID: 'gateway',
  CLOUDFLARE_AI_GATEWAY_API_KEY: 'the-key',
} as AgentEnv;
const attempt: Attempt = {
  id: 'call.1',
  callId: 'call',
  n: 1,
  model: '@cf/the/model',
  maxOutputTokens: 512,
  hasFallback: true,
  policyVersion: 1,
  firstByteTimeoutMs: 1_000,
  metadata: {
    tenant: 'tenant',
    platform: 'streamkinetics.com',
    tier: 'free',
    workload: 'chat',
    call: 'call.1',
  },
};
const body: ChatRequest = {
  model: 'chat',
  messages: [{ role: 'user', content: 'hi' }],
  tools: [{ type: 'function' }],
};

describe('the body that goes upstream', () => {
  it('names our model and our cap, and keeps what the client said besides', () => {
    expect(upstreamBody({ ...body, max_completion_tokens: 9_999, user: 'u' }, attempt)).toEqual({
      ...body,
      model: '@cf/the/model',
      max_tokens: 512,
      user: 'u',
    });
  });

  it('always asks a stream for its usage, whatever the client said', () => {
    const asked = upstreamBody(
      { ...body, stream: true, stream_options: { include_usage: false, other: 1 } },
      attempt,
    );
    expect(asked.stream_options).toEqual({ include_usage: true, other: 1 });
    expect(upstreamBody({ ...body, stream: true }, attempt).stream_options).toEqual({
      include_usage: true,
    });
  });

  it('sends no stream options with a request that is not streamed', () => {
    const asked = upstreamBody({ ...body, stream: false, stream_options: {} }, attempt);
    expect(asked).not.toHaveProperty('stream_options');
  });
});

describe('the prompt cache', () => {
  const headerOf = (affinity: string): string | null =>
    aiGateway(env).request(attempt, body, affinity).init.headers['x-session-affinity'] ?? null;
  const keyOf = (key: unknown): unknown =>
    upstreamBody({ ...body, prompt_cache_key: key }, attempt).prompt_cache_key;

  it('is met by a caller’s own name of its conversation, within its tenant only', () => {
    expect([headerOf('mine'), keyOf('mine')]).toEqual(['tenant:mine', 'tenant:mine']);
  });

  it('is not met by a name that is no header’s value, and by no more than its beginning', () => {
    for (const name of ['', 'two words', 'ümlaut', 'line\nbreak']) {
      expect(keyOf(name)).toBeUndefined();
    }
    for (const name of [7, null, { a: 1 }]) expect(keyOf(name)).toBeUndefined();
    expect(headerOf('x'.repeat(500))).toBe(`tenant:${'x'.repeat(128)}`);
  });
});

describe('the request of an attempt', () => {
  const request = aiGateway(env).request(attempt, body, 'session-1:0');

  it('is one attempt, uncached, logged without its payload', () => {
    expect(request.url).toBe('http://stand-in/client/v4/accounts/account/ai/v1/chat/completions');
    const { 'cf-aig-metadata': metadata, ...headers } = request.init.headers;
    expect(headers).toEqual({
      authorization: 'Bearer the-key',
      'content-type': 'application/json',
      'cf-aig-gateway-id': 'gateway',
      'cf-aig-max-attempts': '1',
      'cf-aig-skip-cache': 'true',
      'cf-aig-collect-log': 'true',
      'cf-aig-collect-log-payload': 'false',
      'x-session-affinity': 'tenant:session-1:0',
    });
    expect(metadata).toBeDefined();
  });

  it('carries exactly five metadata entries, the attempt’s id among them', () => {
    const metadata: unknown = JSON.parse(request.init.headers['cf-aig-metadata'] ?? '');
    expect(metadata).toEqual({
      tenant: 'tenant',
      platform: 'streamkinetics.com',
      tier: 'free',
      workload: 'chat',
      call: 'call.1',
    });
  });

  it('goes to Cloudflare unless a stand-in is named', () => {
    const cloud = aiGateway({ ...env, AI_GATEWAY_BASE_URL: undefined });
    expect(cloud.request(attempt, body, null).url).toBe(
      'https://api.cloudflare.com/client/v4/accounts/account/ai/v1/chat/completions',
    );
  });
});

describe('a look-up in the log', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Answers each look-up with `answer`, and keeps the addresses asked for. */
  function logSays(answer: () => Response): string[] {
    const urls: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => {
      urls.push(url);
      return answer();
    });
    return urls;
  }
  const entry = { id: 'log-1', tokens_in: 3, tokens_out: 4, status_code: 200 };

  it('goes by the log’s id where the answer told it', async () => {
    const urls = logSays(() => Response.json({ success: true, result: entry }));
    expect(await aiGateway(env).lookUp({ id: 'call.1', logId: 'log-1' })).toEqual({
      kind: 'found',
      usage: { tokensIn: 3, tokensOut: 4, tokensCached: 0 },
      status: 200,
      logId: 'log-1',
    });
    expect(urls[0]).toMatch(/\/gateways\/gateway\/logs\/log-1$/);
  });

  it('goes by the attempt’s id where no answer came', async () => {
    const urls = logSays(() => Response.json({ success: true, result: [entry] }));
    const found = await aiGateway(env).lookUp({ id: 'call.1', logId: null });
    expect(found).toMatchObject({ kind: 'found', logId: 'log-1' });
    expect(new URL(urls[0] ?? '').searchParams.get('filters')).toContain('"call.1"');
  });

  it('takes no counts for zero only where the call has failed', async () => {
    const uncounted = { id: 'log-1', tokens_in: null, tokens_out: null };
    const asked = () => aiGateway(env).lookUp({ id: 'call.1', logId: 'log-1' });
    logSays(() => Response.json({ success: true, result: { ...uncounted, status_code: 200 } }));
    expect(await asked()).toEqual({ kind: 'uncounted' });
    logSays(() => Response.json({ success: true, result: { ...uncounted, status_code: 503 } }));
    expect(await asked()).toMatchObject({ kind: 'found', usage: { tokensIn: 0, tokensOut: 0 } });
  });

  it('tells “no entry” from “not to be asked”', async () => {
    logSays(() => Response.json({ success: true, result: [] }));
    const nothing = { kind: 'nothing' };
    expect(await aiGateway(env).lookUp({ id: 'call.1', logId: null })).toEqual(nothing);
    logSays(() => new Response('', { status: 404 }));
    expect(await aiGateway(env).lookUp({ id: 'call.1', logId: 'gone' })).toEqual(nothing);
    for (const answer of [
      () => new Response('', { status: 500 }),
      () => new Response('', { status: 403 }),
      () => new Response('no json'),
    ]) {
      logSays(answer);
      await expect(aiGateway(env).lookUp({ id: 'call.1', logId: null })).rejects.toThrow();
      await expect(aiGateway(env).lookUp({ id: 'call.1', logId: 'log-1' })).rejects.toThrow();
    }
  });
});
