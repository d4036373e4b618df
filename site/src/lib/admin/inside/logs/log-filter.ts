import { agentLogsQuery } from '../../../../../../contract/agent-logs.ts';
import type { LogFilter } from './log-tail.svelte.ts';

/** Longest text that is searched for, in characters. */
export const MAX_SEARCH_CHARS = 100;

/** What of the log an address asks for; what is not understood is not asked. */
export function logFilter(search: URLSearchParams): LogFilter {
  const level = agentLogsQuery.shape.level.safeParse(search.get('level') ?? undefined).data;
  return { level, q: (search.get('q') ?? '').trim().slice(0, MAX_SEARCH_CHARS) };
}

/** The levels, by what is shown of them. */
export const LEVELS = [
  { value: '', name: 'Everything' },
  { value: 'info', name: 'Info and graver' },
  { value: 'warn', name: 'Warnings and errors' },
  { value: 'error', name: 'Errors' },
] as const;
