import type { CloudflareState } from './state.ts';

/** One request to an operation, checked against the contract. */
export interface Call {
  state: CloudflareState;
  path: Record<string, string>;
  query: URLSearchParams;
  headers: Headers;
  /** JSON, or the `metadata` part of a form. */
  body: unknown;
  form: FormData | null;
}

/** What an operation answers: `result` within Cloudflare's envelope, unless it answers plainly. */
export class Answer {
  readonly result: unknown;
  readonly info: Record<string, unknown> | undefined;
  readonly isPlain: boolean;

  constructor(
    result: unknown,
    options: { info?: Record<string, unknown>; isPlain?: boolean } = {},
  ) {
    this.result = result;
    this.info = options.info;
    this.isPlain = options.isPlain ?? false;
  }
}

/** A refusal as Cloudflare words it: HTTP status, error code, message. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Answers an operation with its result; a refusal is thrown. */
export type Handler = (call: Call) => unknown;

/** By the operation's id in openapi.json. */
export type Handlers = Record<string, Handler>;

/** Most entries of a page when none are asked for. */
const DEFAULT_PER_PAGE = 20;

/** A page of a list, with what the envelope says about it. */
export function page(all: readonly unknown[], query: URLSearchParams): Answer {
  const perPage = Number(query.get('per_page') ?? DEFAULT_PER_PAGE);
  const number = Number(query.get('page') ?? 1);
  const items = all.slice((number - 1) * perPage, number * perPage);
  return new Answer(items, {
    info: {
      page: number,
      per_page: perPage,
      count: items.length,
      total_count: all.length,
      total_pages: Math.ceil(all.length / perPage),
    },
  });
}

/** The value, or Cloudflare's answer for what is not there. */
export function found<T>(value: T | undefined, code: number, message: string): T {
  if (value === undefined) throw new Refusal(404, code, message);
  return value;
}
