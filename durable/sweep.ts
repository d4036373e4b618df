import type { Settlement } from '../contract/usage.ts';
import type { TokenUsage } from '../contract/models.ts';

/** The log is asked for this long after an attempt; then what is known decides, ms. */
export const LOOKUP_FOR_MS = 24 * 60 * 60_000;
/** First pause between look-ups, ms; doubles with each. */
export const LOOKUP_BACKOFF_MS = 1_000;
/** Longest pause between look-ups, ms. */
export const MAX_LOOKUP_BACKOFF_MS = 60 * 60_000;
/** Attempts looked up in one sweep; the rest is due at once again. */
export const MAX_LOOKUPS_PER_SWEEP = 20;

export type Lookup =
  | { kind: 'found'; usage: TokenUsage; status: number | null; logId: string }
  | { kind: 'nothing' }
  | { kind: 'unavailable' };

export type SweepDecision = { book: Settlement; usage: TokenUsage } | { askAgainAt: number };

/**
 * What becomes of an attempt without usage after a look-up. `reservedTokens` is what an attempt that
 * can't be looked up is booked with: an estimate from above, and said to be one.
 */
export function decideSweep(
  attempt: { createdAt: number; lookups: number; reservedIn: number },
  lookup: Lookup,
  now: number,
): SweepDecision {
  if (lookup.kind === 'found') return { book: 'looked_up', usage: lookup.usage };
  if (now - attempt.createdAt < LOOKUP_FOR_MS) {
    const pauseMs = Math.min(LOOKUP_BACKOFF_MS * 2 ** attempt.lookups, MAX_LOOKUP_BACKOFF_MS);
    return { askAgainAt: now + pauseMs };
  }
  if (lookup.kind === 'nothing') {
    return { book: 'not_sent', usage: { tokensIn: 0, tokensOut: 0, tokensCached: 0 } };
  }
  return {
    book: 'estimated',
    usage: { tokensIn: attempt.reservedIn, tokensOut: 0, tokensCached: 0 },
  };
}
