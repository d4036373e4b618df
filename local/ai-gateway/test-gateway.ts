import { startAiGateway, type AiGateway, type AiGatewayOptions } from './index.ts';
import type { Outcome, RecordedRequest } from './recorder.ts';

const ACCOUNT = 'account-1';
export const GATEWAY = 'gateway-1';
const KEY = 'key-1';
export const MODEL = '@cf/zai-org/glm-4.7-flash';

/** A stand-in on a free port whose log shows a call at once unless told otherwise. */
export function startTestGateway(options: Partial<AiGatewayOptions> = {}): Promise<AiGateway> {
  const identity = { accountId: ACCOUNT, gatewayId: GATEWAY, apiKeys: [KEY] };
  return startAiGateway({ ...identity, logDelayMs: 0, ...options });
}

export interface ChatOptions {
  headers?: Record<string, string | undefined>;
  signal?: AbortSignal;
  accountId?: string;
}

/** One chat request with the right headers; `headers` overrides them, undefined removes one. */
export function chat(gateway: AiGateway, body: unknown, options: ChatOptions = {}) {
  const wanted = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    'cf-aig-gateway-id': GATEWAY,
    ...options.headers,
  };
  const headers = Object.entries(wanted).filter((entry): entry is [string, string] => !!entry[1]);
  return fetch(`${gateway.url}/accounts/${options.accountId ?? ACCOUNT}/ai/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: options.signal ?? null,
  });
}

/** A request body that says `text`. */
export function saying(text: string, more: Record<string, unknown> = {}) {
  return { model: MODEL, messages: [{ role: 'user', content: text }], ...more };
}

/** A completion's body, as far as tests read it. */
export interface CompletionBody {
  usage: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details: { cached_tokens: number };
  };
}

/** The body of the logs API, with one entry or a list of them. */
export interface LogBody<Result> {
  result: Result;
  result_info: unknown;
}
export interface LoggedCall {
  metadata: string;
  request_head?: string;
}

/** One GET of the logs API. */
export function getLogs(gateway: AiGateway, rest = '', key = KEY): Promise<Response> {
  const url = `${gateway.url}/accounts/${ACCOUNT}/ai-gateway/gateways/${GATEWAY}/logs${rest}`;
  return fetch(url, { headers: { authorization: `Bearer ${key}` } });
}

/** The next request that comes to `outcome`. */
export function ending(gateway: AiGateway, outcome: Outcome): Promise<RecordedRequest> {
  return new Promise((resolve) => {
    const stop = gateway.onRequest((request) => {
      if (request.outcome !== outcome) return;
      stop();
      resolve(request);
    });
  });
}
