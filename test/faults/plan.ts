import { nameOf, POINTS, type Phase, type Point } from './points.ts';
import { Prng } from './prng.ts';

/** One shot: what, and how long after its phase has begun, ms. */
export interface Shot {
  point: Point;
  delayMs: number;
}

/** What one tenant does in one round. */
export interface TenantRound {
  shot: Shot;
  /** Texts of the messages its member sends, in this order; no two in a run are the same. */
  texts: string[];
  /** Which of them the member sends again though they were acknowledged. */
  again: boolean[];
}

export interface Round {
  tenants: TenantRound[];
  /** The tenant whose newest snapshot is forged in this round; null for none. */
  forge: number | null;
}

/** How long the phases last from their first sign on, ms: a shot falls at a random moment of this. */
export type PhaseLengths = Record<Phase, number>;

/** Messages of a tenant in a round. */
const MESSAGES = 3;
/** Share of acknowledged messages that are sent again. */
const AGAIN_SHARE = 0.4;

/**
 * Everything a run does, from its seed alone: every point comes once before any comes again, and at
 * most one Worker dies in a round, since that hits all tenants. Pure.
 */
export function makePlan(input: {
  seed: number;
  rounds: number;
  tenants: number;
  lengths: PhaseLengths;
  points?: readonly Point[];
}): Round[] {
  const { seed, rounds, tenants, lengths, points = POINTS } = input;
  const prng = new Prng(seed);
  const deal = dealer(prng, points);
  const forgedRound = prng.below(rounds);
  return Array.from({ length: rounds }, (_, round) => {
    const hand = deal(tenants);
    return {
      tenants: hand.map((point, tenant) => ({
        shot: { point, delayMs: prng.below(lengths[point.phase]) },
        texts: Array.from(
          { length: MESSAGES },
          (_, n) => `round ${round} message ${n} of tenant ${tenant}: ${prng.word(10)}`,
        ),
        again: Array.from({ length: MESSAGES }, () => prng.chance(AGAIN_SHARE)),
      })),
      forge: round === forgedRound ? prng.below(tenants) : null,
    };
  });
}

/** Deals from a shuffled deck; a new one follows when it is used up. */
function dealer(prng: Prng, points: readonly Point[]): (cards: number) => Point[] {
  let deck: Point[] = [];
  return (cards) => {
    const hand: Point[] = [];
    while (hand.length < cards) {
      if (deck.length === 0) deck = prng.shuffled(points);
      const hasWorkerd = hand.some(({ target }) => target === 'workerd');
      const at = deck.findIndex(({ target }) => !hasWorkerd || target !== 'workerd');
      hand.push(...deck.splice(Math.max(0, at), 1));
    }
    return hand;
  };
}

/** The plan in lines, as it is printed at the start. */
export function planLines(plan: readonly Round[]): string[] {
  return plan.map(({ tenants, forge }, round) => {
    const shots = tenants.map(({ shot }) => `${nameOf(shot.point)}+${shot.delayMs}`);
    return `round ${round + 1}: ${shots.join('  ')}${forge === null ? '' : `  forge ${forge}`}`;
  });
}
