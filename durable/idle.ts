import type { AgentState } from '../contract/agent.ts';

/** What decides whether an agent falls asleep. All times are UTC ms. */
export interface IdleFacts {
  state: AgentState;
  openTurns: number;
  /** When somebody used the agent last. */
  lastActiveAt: number;
  idleMs: number;
  /** The next time something of its own is due, such as a schedule; null when nothing is. */
  neededAt: number | null;
  /** How early the agent would have to be woken for that, ms. */
  leadMs: number;
  now: number;
}

/**
 * Whether an idle agent falls asleep now, or when to look again. Open turns keep it awake, and so
 * does what is due before it could sleep and wake again; looking and being connected do not.
 */
export function decideIdle(facts: IdleFacts): { sleep: true } | { lookAt: number } | null {
  const { state, openTurns, lastActiveAt, idleMs, neededAt, leadMs, now } = facts;
  if (state !== 'ready') return null;
  // The end of a turn counts as activity, and sets the next look by itself.
  if (openTurns > 0) return { lookAt: now + idleMs };
  const idleAt = lastActiveAt + idleMs;
  if (idleAt > now) return { lookAt: idleAt };
  // Falling asleep and waking takes about as long as a wake: for less than twice that it is not worth it.
  if (neededAt !== null && neededAt - now <= 2 * leadMs) {
    return { lookAt: Math.max(neededAt, now) + idleMs };
  }
  return { sleep: true };
}
