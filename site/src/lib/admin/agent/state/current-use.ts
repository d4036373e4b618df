import type { AgentInspection } from '../../../../../../contract/api.ts';
import { nextMonthStart } from '../../../../../../contract/months.ts';
import { compactWords, countWords, moneyWords } from '../../../ui/words.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Use {
  name: string;
  used: number;
  limit: number;
  /** The numbers in words. */
  words: string;
  /** What is held for calls under way, in words; null for nothing. */
  held: string | null;
}

const of = (name: string, used: number, limit: number, say: (n: number) => string): Use => ({
  name,
  used,
  limit,
  words: `${say(used)} of ${say(limit)}`,
  held: null,
});
const held = (n: number, say: (n: number) => string): string | null =>
  n > 0 ? `${say(n)} held` : null;

/**
 * What is used of each limit at a moment (UTC ms): a window that is over since the agent was looked at
 * counts as empty.
 */
export function currentUse({ limits, ledger }: AgentInspection, now: number): Use[] {
  const { may, minute, day, month } = limits;
  const isMinute = now < minute.start + MINUTE_MS;
  const isDay = now < day.start + DAY_MS;
  const isMonth = now < nextMonthStart(month.start);
  return [
    of('Calls this minute', isMinute ? minute.calls : 0, may.maxCallsPerMinute, countWords),
    of('Messages this minute', isMinute ? minute.turns : 0, may.maxTurnsPerMinute, countWords),
    of('Calls under way', ledger.open, may.maxConcurrentCalls, countWords),
    {
      ...of('Tokens today', isDay ? day.tokens : 0, may.maxTokensPerDay, compactWords),
      held: held(isDay ? day.heldTokens : 0, compactWords),
    },
    {
      ...of('Money this month', isMonth ? month.nano : 0, may.maxNanoPerMonth, moneyWords),
      held: held(isMonth ? month.heldNano : 0, moneyWords),
    },
  ];
}
