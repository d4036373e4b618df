import { z } from 'zod';
import type { LogEntry } from './log-store.ts';

/** Cloudflare's limits of one page of logs. */
const DEFAULT_PER_PAGE = 20;
const MAX_PER_PAGE = 50;

const FILTER_KEYS = [
  'id',
  'created_at',
  'request_content_type',
  'response_content_type',
  'request_type',
  'success',
  'cached',
  'provider',
  'model',
  'model_type',
  'tokens',
  'tokens_in',
  'tokens_out',
  'duration',
  'metadata.key',
  'metadata.value',
] as const;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
type Scalar = z.infer<typeof scalar>;

const filter = z.strictObject({
  key: z.enum(FILTER_KEYS),
  operator: z.enum(['eq', 'neq', 'contains', 'lt', 'gt']),
  value: z.array(scalar).min(1),
});

const query = z.strictObject({
  filters: z.array(filter).default([]),
  page: z.coerce.number().int().min(1).default(1),
  per_page: z.coerce.number().int().min(1).max(MAX_PER_PAGE).default(DEFAULT_PER_PAGE),
  order_by: z.enum(['created_at']).default('created_at'),
  order_by_direction: z.enum(['asc', 'desc']).default('desc'),
  start_date: z.iso.datetime({ offset: true }).optional(),
  end_date: z.iso.datetime({ offset: true }).optional(),
});

export type LogQuery = z.infer<typeof query>;

/**
 * Reads the query of "List Gateway Logs". `filters` is a JSON array of `{key, operator, value: []}`.
 * Throws an error with a readable message for anything that the stand-in does not know, since a
 * filter that is ignored would find too much.
 */
export function parseLogQuery(params: URLSearchParams): LogQuery {
  const { filters, ...rest } = Object.fromEntries(params);
  const raw = filters === undefined ? rest : { ...rest, filters: parseFilters(filters) };
  const parsed = query.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new TypeError(`Unknown or wrong query of the logs: ${z.prettifyError(parsed.error)}`);
}

function parseFilters(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('filters must be a JSON array of {key, operator, value}.');
  }
}

/** One page of the entries that fit, and how many fit in all. */
export function queryLogs(
  entries: readonly LogEntry[],
  wanted: LogQuery,
): { page: LogEntry[]; total: number } {
  const start = wanted.start_date === undefined ? -Infinity : Date.parse(wanted.start_date);
  const end = wanted.end_date === undefined ? Infinity : Date.parse(wanted.end_date);
  const fitting = entries.filter((entry) => {
    const at = Date.parse(entry.created_at);
    if (at < start || at > end) return false;
    return wanted.filters.every((one) => fits(entry, one));
  });
  const sign = wanted.order_by_direction === 'asc' ? 1 : -1;
  fitting.sort((a, b) => sign * (a.id < b.id ? -1 : 1));
  const from = (wanted.page - 1) * wanted.per_page;
  return { page: fitting.slice(from, from + wanted.per_page), total: fitting.length };
}

/**
 * Whether one filter fits. `metadata.key` and `metadata.value` are held against all metadata of the
 * entry, each for itself: a pair of them is no proof that they belong together.
 */
function fits(entry: LogEntry, one: z.infer<typeof filter>): boolean {
  const actual = valuesOf(entry, one.key);
  switch (one.operator) {
    case 'eq':
      return one.value.some((value) => actual.includes(value));
    case 'neq':
      return !one.value.some((value) => actual.includes(value));
    case 'contains':
      return one.value.some((value) => actual.some((own) => String(own).includes(String(value))));
    case 'lt':
      return one.value.some((value) => actual.some((own) => own < value));
    case 'gt':
      return one.value.some((value) => actual.some((own) => own > value));
  }
}

function valuesOf(entry: LogEntry, key: (typeof FILTER_KEYS)[number]): Scalar[] {
  if (key === 'metadata.key') return Object.keys(entry.metadata);
  if (key === 'metadata.value') return Object.values(entry.metadata);
  if (key === 'tokens') return [entry.tokens_in + entry.tokens_out];
  return [entry[key]];
}

/** An entry as "List Gateway Logs" gives it: without sizes and payloads. */
export function listedEntry(entry: LogEntry): unknown {
  const {
    request_size: _requestSize,
    response_size: _responseSize,
    request_head: _requestHead,
    response_head: _responseHead,
    metadata,
    ...listed
  } = entry;
  return { ...listed, metadata: JSON.stringify(metadata) };
}

/** An entry as "Get Gateway Log Detail" gives it. */
export function detailedEntry(entry: LogEntry): unknown {
  const { metadata, ...rest } = entry;
  return {
    ...rest,
    metadata: JSON.stringify(metadata),
    request_head_complete: isComplete(entry.request_head, entry.request_size),
    response_head_complete: isComplete(entry.response_head, entry.response_size),
  };
}

function isComplete(head: string | undefined, size: number): boolean {
  return head !== undefined && Buffer.byteLength(head) >= size;
}
