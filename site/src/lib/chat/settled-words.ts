import type { Turn } from './turn.ts';

/** Longest answer read aloud by itself, in characters; the rest is in the log. */
const MAX_SPOKEN_CHARS = 600;

/** What a screen reader says when a turn is over. */
export function settledWords(turn: Turn): string {
  if (turn.state === 'aborted') return 'The answer was stopped.';
  if (turn.state === 'error') return `The turn failed. ${turn.failure?.message ?? ''}`.trim();
  if (turn.answer.length <= MAX_SPOKEN_CHARS) return `Agent: ${turn.answer}`;
  return `Agent: ${turn.answer.slice(0, MAX_SPOKEN_CHARS)}… The answer goes on.`;
}
