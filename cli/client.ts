import { z } from 'zod';
import { AppError, ERROR_CODES, errorBody, errorCode } from '../contract/errors.ts';
import { failureOf, jsonOf, readAnswer, type Answer } from './answer.ts';
import { AnsweredError } from './errors.ts';
import type { Io } from './io.ts';
import type { Target } from './target.ts';

/** Time for an answer from the control plane, ms: a change waits for the agent to take it. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Time for a whole download, ms: a snapshot of 1 GiB over a slow line. */
const DOWNLOAD_TIMEOUT_MS = 3_600_000;
/** Tries of one GET, the first included. */
const MAX_GET_TRIES = 3;
/** Pause before the second try, ms, doubled for each further one; the real one is random below it. */
const RETRY_BASE_MS = 400;
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

interface Question {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  timeoutMs?: number;
}

interface Ask<Schema extends z.ZodType> extends Question {
  /** What a success looks like; `noContent` for an answer without a body. */
  answer: Schema;
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

/** The answer to a change that has nothing to say: 204 without a body. */
export const noContent = z.undefined();

/** Where a tenant's own things lie: its members, keys, hostnames. `ref` is its id or slug. */
export function tenantPath(ref: string, rest = ''): string {
  return `/admin/api/tenants/${encodeURIComponent(ref)}${rest}`;
}

/** Where its agent lies: its state, snapshots, devices. */
export function agentPath(ref: string, rest = ''): string {
  return `/admin/api/agents/${encodeURIComponent(ref)}${rest}`;
}

/**
 * Asks the operators' API of one system. Every answer is checked by the contract's schema; each
 * failure is an AppError, or an AnsweredError with the system's own words.
 */
export function createClient(target: Target, io: Io) {
  async function open(question: Question): Promise<Response> {
    const url = new URL(question.path, target.url);
    for (const [name, value] of Object.entries(question.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return io.fetch(url, {
      method: question.method ?? 'GET',
      headers: {
        accept: 'application/json',
        ...(question.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...target.headers,
      },
      body: question.body === undefined ? undefined : JSON.stringify(question.body),
      // A redirect would carry the credentials elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(question.timeoutMs ?? ANSWER_TIMEOUT_MS),
    });
  }

  /** Runs `read` with the response to a question; what breaks on the way is `system_unreachable`. */
  async function reach<T>(
    question: Question,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    try {
      return await read(await open(question));
    } catch (error) {
      if (error instanceof AppError || error instanceof AnsweredError) throw error;
      throw unreachable(target, question.timeoutMs ?? ANSWER_TIMEOUT_MS, error);
    }
  }

  return {
    target,

    /** One question and its answer. A GET that a gateway lost on the way is asked again. */
    async request<Schema extends z.ZodType>(ask: Ask<Schema>): Promise<z.output<Schema>> {
      const isGet = (ask.method ?? 'GET') === 'GET';
      for (let tried = 1; ; tried += 1) {
        const answer = await reach(ask, readAnswer);
        const parsed = ask.answer.safeParse(jsonOf(answer));
        const { status } = answer;
        const isOk = (status >= 200 && status < 300) || (status === 503 && ask.alsoOn503 === true);
        if (isOk && parsed.success) return parsed.data;
        const again = isGet && RETRIED_STATUSES.has(status) && !isFinal(answer);
        if (!again || tried >= MAX_GET_TRIES) throw failureOf(answer, target.isLocal);
        await io.sleep(io.random() * RETRY_BASE_MS * 2 ** (tried - 1));
      }
    },

    /** Hands the response of a download to `save` once it is a success; its body is not read here. */
    async download<T>(question: Question, save: (response: Response) => Promise<T>): Promise<T> {
      return reach({ timeoutMs: DOWNLOAD_TIMEOUT_MS, ...question }, async (response) => {
        if (response.ok) return save(response);
        throw failureOf(await readAnswer(response), target.isLocal);
      });
    },
  };
}
export type Client = ReturnType<typeof createClient>;
