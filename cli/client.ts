import type { z } from 'zod';
import { agentStatus } from '../contract/agent.ts';
import * as api from '../contract/api.ts';
import { AppError, ERROR_CODES, errorBody, errorCode } from '../contract/errors.ts';
import { failureOf, jsonOf, readAnswer, type Answer } from './answer.ts';
import type { Io } from './io.ts';
import type { Target } from './target.ts';

/** Time for an answer from the control plane, ms: a change waits for the agent to take it. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Time for a routing test, ms: a real call may wait out two first-byte timeouts of 120 s. */
const ROUTING_TEST_TIMEOUT_MS = 300_000;
/** Tries of one GET, the first included. */
const MAX_GET_TRIES = 3;
/** Pause before the second try, ms, doubled for each further one; the real one is random below it. */
const RETRY_BASE_MS = 400;
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

interface Ask<Schema extends z.ZodType> {
  method?: 'GET' | 'POST' | 'PATCH';
  path: string;
  answer: Schema;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  timeoutMs?: number;
  /** Whether an answer of the expected shape counts although the status is 503. */
  alsoOn503?: boolean;
}

/** Whether an answer's own error code says that asking again is no use. */
function isFinal(answer: Answer): boolean {
  const body = errorBody.safeParse(jsonOf(answer));
  const code = body.success ? errorCode.safeParse(body.data.error.code) : null;
  return code?.success === true && !ERROR_CODES[code.data].retryable;
}

function unreachable(target: Target, timeoutMs: number, cause: unknown): AppError {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  const message = timedOut
    ? `${target.url} did not answer within ${timeoutMs / 1_000} s.`
    : `${target.url} can't be reached.`;
  const hint = target.isLocal
    ? 'Start it with `npm run dev`.'
    : 'Check the network, and defaultPlatform in the config file.';
  return new AppError('system_unreachable', message, { hint, cause });
}

function tenantPath(ref: string): string {
  return `/admin/api/tenants/${encodeURIComponent(ref)}`;
}

function agentPath(ref: string): string {
  return `/admin/api/agents/${encodeURIComponent(ref)}`;
}

/** The operators' API, typed by its contract. Every method throws an AppError or AnsweredError. */
export function createClient(target: Target, io: Io) {
  async function once(ask: Ask<z.ZodType>): Promise<Answer> {
    const url = new URL(ask.path, target.url);
    for (const [name, value] of Object.entries(ask.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const timeoutMs = ask.timeoutMs ?? ANSWER_TIMEOUT_MS;
    try {
      const response = await io.fetch(url, {
        method: ask.method ?? 'GET',
        headers: {
          accept: 'application/json',
          ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...target.headers,
        },
        body: ask.body === undefined ? undefined : JSON.stringify(ask.body),
        // A redirect would carry the credentials elsewhere.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return await readAnswer(response);
    } catch (error) {
      throw error instanceof AppError ? error : unreachable(target, timeoutMs, error);
    }
  }

  async function request<Schema extends z.ZodType>(ask: Ask<Schema>): Promise<z.output<Schema>> {
    const isGet = (ask.method ?? 'GET') === 'GET';
    for (let tried = 1; ; tried += 1) {
      const answer = await once(ask);
      const parsed = ask.answer.safeParse(jsonOf(answer));
      const { status } = answer;
      const isOk = (status >= 200 && status < 300) || (status === 503 && ask.alsoOn503 === true);
      if (isOk && parsed.success) return parsed.data;
      const again = isGet && RETRIED_STATUSES.has(status) && !isFinal(answer);
      if (!again || tried >= MAX_GET_TRIES) throw failureOf(answer, target.isLocal);
      await io.sleep(io.random() * RETRY_BASE_MS * 2 ** (tried - 1));
    }
  }

  return {
    createTenant: (body: api.CreateTenantBody) =>
      request({ method: 'POST', path: '/admin/api/tenants', body, answer: api.createdTenant }),
    updateTenant: (ref: string, body: z.infer<typeof api.updateTenantBody>) =>
      request({ method: 'PATCH', path: tenantPath(ref), body, answer: api.updatedTenant }),
    listTenants: (query: { limit?: number; cursor?: string; q?: string }) =>
      request({ path: '/admin/api/tenants', query, answer: api.tenantList }),
    getTenant: (ref: string) => request({ path: tenantPath(ref), answer: api.tenantView }),
    inspectAgent: (ref: string) => request({ path: agentPath(ref), answer: api.agentInspection }),
    wakeAgent: (ref: string) =>
      request({ method: 'POST', path: `${agentPath(ref)}/wake`, answer: agentStatus }),
    sleepAgent: (ref: string, body: z.infer<typeof api.sleepBody>) =>
      request({ method: 'POST', path: `${agentPath(ref)}/sleep`, body, answer: agentStatus }),
    flushAgent: (ref: string) =>
      request({ method: 'POST', path: `${agentPath(ref)}/flush`, answer: api.flushResult }),
    testRouting: (body: z.infer<typeof api.routingTestBody>) =>
      request({
        method: 'POST',
        path: '/admin/api/routing/test',
        body,
        answer: api.routingTestResult,
        timeoutMs: ROUTING_TEST_TIMEOUT_MS,
      }),
    health: () => request({ path: '/admin/api/health', answer: api.healthChecks, alsoOn503: true }),
  };
}
export type AdminClient = ReturnType<typeof createClient>;
