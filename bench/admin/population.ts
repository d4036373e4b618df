import { AGENT_STATES, type AgentState } from '../../contract/agent.ts';
import { TIERS, type Tier } from '../../contract/tiers.ts';
import type { Prng } from '../../test/faults/prng.ts';

const DAY_MS = 86_400_000;
/** How many of a thousand agents are in each state, on a weekday's morning. */
const STATE_SHARES: Record<AgentState, number> = {
  asleep: 780,
  starting: 4,
  restoring: 4,
  booting: 12,
  ready: 170,
  draining: 10,
  failed: 20,
};
const WORDS = ['quiet', 'amber', 'north', 'lucid', 'brisk', 'cedar', 'delta', 'ember', 'fjord'];

/** A tenant as D1 has it, and what its agent last said. */
export interface SeededTenant {
  id: string;
  slug: string;
  tier: Tier;
  status: 'active' | 'suspended' | 'deleting';
  state: AgentState;
  createdAt: number;
  /** How much of all the work is its: a few tenants do most. */
  weight: number;
}

/** A UUID of version 4 that repeats with its seed. */
function seededUuid(prng: Prng): string {
  const hex = Array.from({ length: 32 }, () => prng.below(16).toString(16)).join('');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20)].join('-');
}

function seededState(prng: Prng): AgentState {
  let left = prng.below(1_000);
  return AGENT_STATES.find((state) => (left -= STATE_SHARES[state]) < 0) ?? 'asleep';
}

/** Makes tenants that came one after the other in the last year. */
export function makeTenants(prng: Prng, { count, now }: { count: number; now: number }) {
  return Array.from({ length: count }, (_, n): SeededTenant => {
    const status = prng.chance(0.03) ? 'suspended' : prng.chance(0.005) ? 'deleting' : 'active';
    return {
      id: seededUuid(prng),
      slug: `${WORDS[prng.below(WORDS.length)]}-${WORDS[prng.below(WORDS.length)]}-${n}`,
      tier: TIERS[prng.chance(0.6) ? 0 : prng.chance(0.7) ? 1 : 2] ?? 'free',
      status,
      state: status === 'active' ? seededState(prng) : 'asleep',
      createdAt: now - Math.round(((count - n) / count) * 365 * DAY_MS),
      weight: 1 / (1 + prng.below(count)),
    };
  });
}
