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

/**
 * An attempt of which nobody has seen an answer, and that the log does not know so long after it began,
 * never reached a model, ms. The log has an entry about a second after a call.
 */
export const NEVER_SENT_AFTER_MS = 15 * 60_000;
/** The log must have said so this often: it may lag behind. */
const MIN_LOOKUPS = 3;

export type Lookup =
  | { kind: 'found'; usage: TokenUsage; status: number | null; logId: string }
  /** It has an entry, without counts: the call was made, and what it used is not known yet. */
  | { kind: 'uncounted' }
  | { kind: 'nothing' }
  | { kind: 'unavailable' };

/** What is known of an attempt that nobody has settled. */
export interface Unsettled {
  createdAt: number;
  lookups: number;
  reservedTokens: number;
  /** Something of an answer was seen: it was sent, whatever the log says. */
  wasAnswered: boolean;
}

export type SweepDecision = { book: Settlement; usage: TokenUsage } | { askAgainAt: number };

/**
 * What becomes of an attempt without usage after a look-up. One that was never sent gives its
 * reservation back soon; one that was, and can't be looked up, is booked with all that it reserved: an
 * estimate from above, and said to be one. The log may lose entries, so its silence alone is no proof
 * against an answer that was seen.
 */
export function decideSweep(attempt: Unsettled, lookup: Lookup, now: number): SweepDecision {
  if (lookup.kind === 'found') return { book: 'looked_up', usage: lookup.usage };
  const ageMs = now - attempt.createdAt;
  const mayBeUnsent = lookup.kind === 'nothing' && !attempt.wasAnswered;
  if (mayBeUnsent && ageMs >= NEVER_SENT_AFTER_MS && attempt.lookups >= MIN_LOOKUPS) {
    return { book: 'not_sent', usage: { tokensIn: 0, tokensOut: 0, tokensCached: 0 } };
  }
  if (ageMs < LOOKUP_FOR_MS || mayBeUnsent) {
    const pauseMs = Math.min(LOOKUP_BACKOFF_MS * 2 ** attempt.lookups, MAX_LOOKUP_BACKOFF_MS);
    return { askAgainAt: now + pauseMs };
  }
  return {
    book: 'estimated',
    usage: { tokensIn: attempt.reservedTokens, tokensOut: 0, tokensCached: 0 },
  };
}
