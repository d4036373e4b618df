import type { ErrorCode } from '../contract/errors.ts';
import type { RateLimitName } from './rate-limits.ts';

/** Longest text of a cause that goes into a line, in characters. */
const MAX_MESSAGE_CHARS = 500;
const MAX_STACK_CHARS = 2_000;

/**
 * All that a line may hold. Redaction is by construction: paths, queries, headers, bodies and names
 * of members have no field, so they cannot be logged.
 */
export interface LogEntry {
  level: 'info' | 'warn' | 'error';
  event: string;
  requestId?: string;
  method?: string;
  /** The route's pattern, never the path: paths hold invite tokens. */
  route?: string;
  place?: string;
  status?: number;
  ms?: number;
  code?: ErrorCode;
  tenantId?: string;
  caller?: string;
  /** The rate limit that refused the request, or that could not be asked. */
  limit?: RateLimitName;
  count?: number;
  /** A UTC day, `YYYY-MM-DD`. */
  day?: string;
  problems?: readonly string[];
  cause?: LoggedCause;
}

export interface LoggedCause {
  name: string;
  message: string;
  stack: string;
}

export type Log = (entry: LogEntry) => void;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Replaces what could be a key, token or signature: 24 and more letters that are no known id. */
function scrub(text: string): string {
  return text.replace(/[A-Za-z0-9_+/=-]{24,}/g, (word) =>
    UUID.test(word.replace(/^tenant-/, '')) ? word : '[redacted]',
  );
}

/** An error as the log keeps it: bounded, and without what could be a secret. */
export function describeCause(cause: unknown): LoggedCause {
  const outer = cause instanceof Error ? cause : new Error(String(cause));
  // drizzle's own message is the statement with its values; why it failed is the cause within.
  const error = outer.cause instanceof Error ? outer.cause : outer;
  return {
    name: error.name,
    message: scrub(error.message.slice(0, MAX_MESSAGE_CHARS)),
    // Where files lie on the machine that built them is nobody's business.
    stack: scrub((error.stack ?? '').slice(0, MAX_STACK_CHARS).replace(/\/\S*\//g, '')),
  };
}

/** One JSON line with the known fields of an entry, in a fixed order, and nothing else. */
export function formatEntry(entry: LogEntry, now: number): string {
  return JSON.stringify({
    at: new Date(now).toISOString(),
    level: entry.level,
    event: entry.event,
    requestId: entry.requestId,
    method: entry.method,
    route: entry.route,
    place: entry.place,
    status: entry.status,
    ms: entry.ms,
    code: entry.code,
    tenantId: entry.tenantId,
    caller: entry.caller,
    limit: entry.limit,
    count: entry.count,
    day: entry.day,
    problems: entry.problems,
    cause: entry.cause,
  } satisfies Record<keyof LogEntry | 'at', unknown>);
}

/** Writes to the Worker's log. */
export const workerLog: Log = (entry) => {
  const line = formatEntry(entry, Date.now());
  // oxlint-disable-next-line no-console -- the one place that writes the log
  console[entry.level](line);
};
