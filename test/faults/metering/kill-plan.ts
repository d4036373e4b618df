import type { Prng } from '../prng.ts';

/** The moments that kills are aimed at. */
export const AIMS = {
  anywhen: 'at any moment',
  received: 'the stand-in has just got a request',
  answered: 'the stand-in has just answered one whole',
  swept: 'an attempt that broke is about to be looked up',
  booked: 'rows have just come into D1, and their agent does not know yet',
} as const;
export type Aim = keyof typeof AIMS;

/** One round of aims: what is booked twice shows only in a moment that is easily missed. */
const DECK: readonly Aim[] = ['anywhen', 'received', 'answered', 'swept', 'booked', 'booked'];

export interface PlannedKill {
  /** Aimed at when this many calls were made. */
  atCall: number;
  aim: Aim;
  /** Time from there to the shot, where the moment itself is any, ms. */
  delayMs: number;
}

/** A kill at any moment comes within this time after its call, ms. */
const MAX_DELAY_MS = 400;

/** Kills spread evenly over the calls, each somewhere in its part, their aims dealt in rounds. */
export function planKills(
  prng: Prng,
  { kills, calls }: { kills: number; calls: number },
): PlannedKill[] {
  let deck: Aim[] = [];
  return Array.from({ length: kills }, (_, n) => {
    if (deck.length === 0) deck = prng.shuffled(DECK);
    return {
      atCall: Math.floor(((n + prng.next()) / kills) * calls),
      aim: deck.pop() ?? 'anywhen',
      delayMs: prng.below(MAX_DELAY_MS),
    };
  });
}
