import { durationWords, fineMoneyWords, plural } from '../../../ui/words.ts';
import type { Span } from './fold-timeline.ts';

/** What a wake, or a time without one, is called. */
export function spanTitle({ isAwake, generation }: Span): string {
  if (isAwake) return `Generation ${generation}`;
  return generation === 0 ? 'Without a sandbox' : 'While it slept';
}

/** What became of a wake, or of a time asleep, in a line. */
export function spanWords({ sums, isAwake, isCut, from, to }: Span): string {
  const { turns, calls, costNano, errors } = sums;
  const words = [
    isAwake && to !== null && `${isCut ? 'at least ' : ''}${durationWords(to - from)}`,
    turns > 0 && plural(turns, 'turn'),
    calls > 0 && plural(calls, 'call'),
    calls > 0 && fineMoneyWords(costNano),
    errors > 0 && plural(errors, 'error'),
  ];
  return words.filter((word) => word !== false).join(' · ');
}
