import { z } from 'zod';
import { errorBody } from '../../../../contract/errors.ts';

// Compiled validators need `eval`, which the pages' CSP refuses.
z.config({ jitless: true });

/** What `fetch` is here: the browser's, or the one a load function is given. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** A request that was refused or never arrived, in words for the person who made it. */
export class ApiError extends Error {
  /** A code of contract/errors.ts, `unreachable` or `bad_answer`. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly hint: string | null;

  constructor(code: string, status: number, message: string, hint: string | null = null) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.hint = hint;
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** It is finished though the page is left. */
  keepalive?: boolean;
  /** A status that is no success and answers what is asked for all the same. */
  alsoGood?: number;
}

async function request(fetch: Fetch, path: string, ask: Ask): Promise<Response> {
  const hasBody = ask.body !== undefined;
  let response: Response;
  try {
    response = await fetch(path, {
      method: ask.method ?? 'GET',
      headers: hasBody ? { 'content-type': 'application/json' } : {},
      body: hasBody ? JSON.stringify(ask.body) : undefined,
      keepalive: ask.keepalive,
    });
  } catch {
    throw new ApiError(
      'unreachable',
      0,
      'The connection failed. Check your network and try again.',
    );
  }
  if (response.ok || response.status === ask.alsoGood) return response;
  const parsed = errorBody.safeParse(await readJson(response));
  if (!parsed.success) {
    throw new ApiError('bad_answer', response.status, `The server answered ${response.status}.`);
  }
  const { code, message, hint } = parsed.data.error;
  throw new ApiError(code, response.status, message, hint ?? null);
}

/** Asks the API and checks the answer; throws ApiError for anything else. */
export async function askFor<T>(
  fetch: Fetch,
  schema: z.ZodType<T>,
  path: string,
  ask: Ask = {},
): Promise<T> {
  const response = await request(fetch, path, ask);
  const parsed = schema.safeParse(await readJson(response));
  if (parsed.success) return parsed.data;
  throw new ApiError(
    'bad_answer',
    response.status,
    'The answer was not understood. Reload the page.',
  );
}

/** Asks for something whose answer has no body that matters. */
export async function tell(fetch: Fetch, path: string, ask: Ask): Promise<void> {
  await request(fetch, path, ask);
}
