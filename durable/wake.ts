import { z } from 'zod';
import { agentState, stageTiming, type AgentState, type AgentStatus } from '../contract/agent.ts';
import { restorePoint, type RestorePoint } from '../contract/supervisor.ts';

/** Failures in a row after which those who wait are told, and only a new demand starts again. */
export const MAX_START_ATTEMPTS = 4;
/** First pause between starts, ms; doubles with each. */
export const START_BACKOFF_MS = 1_000;
/** Longest pause between starts, ms. */
export const MAX_START_BACKOFF_MS = 5 * 60_000;
/** A boot that takes longer is given up: half a CPU needs 20 s, a busy machine twice that, ms. */
export const WAKE_TIMEOUT_MS = 180_000;
/** Fetching, verifying and unpacking 1 GiB: the supervisor gives the download alone 256 s, ms. */
export const RESTORE_TIMEOUT_MS = 420_000;
/** What a wake is said to take before this agent has ever woken, ms. */
export const FIRST_WAKE_ESTIMATE_MS = 15_000;

export const wakeState = z.object({
  state: agentState,
  /** UTC ms since when. */
  since: z.number().int(),
  /** The life of the sandbox that is, or was last. */
  generation: z.number().int().nonnegative(),
  wakeStartedAt: z.number().int().nullable(),
  /** Starts, or tries to save when draining, that failed in a row. */
  attempts: z.number().int().nonnegative(),
  timings: z.array(stageTiming),
  failure: z
    .object({
      code: z.string(),
      message: z.string(),
      nextTryAt: z.number().int().nullable(),
    })
    .nullable(),
  /** What this generation restores from; null is "no snapshot", in the agent's own word. */
  restore: restorePoint.nullable(),
  /** Opens the supervisor's port and OpenClaw's socket; made for each generation. */
  tokens: z.object({ supervisor: z.string(), gateway: z.string() }).nullable(),
  /** Tries to save in a row that nothing answered at all, when draining. */
  unanswered: z.number().int().nonnegative().default(0),
  /** Destroy the container even when its snapshot can't be stored. */
  force: z.boolean(),
  /** Wake as another generation once this one, which is draining, is over. */
  again: z.boolean().default(false),
});
export type WakeState = z.infer<typeof wakeState>;

export type WakeEvent =
  /** Somebody needs the agent. Carries what a new generation would start with. */
  | {
      type: 'demand';
      /** An operator's word starts a failed agent again; a turn waits for its next try. */
      insist: boolean;
      restore: RestorePoint | null;
      tokens: { supervisor: string; gateway: string };
    }
  | { type: 'stage'; generation: number; stage: 'restoring' | 'booting' | 'ready' }
  /** A start or a boot failed, or a ready container died. */
  | { type: 'lost'; generation: number; code: string; message: string; lasting: boolean }
  /** `again` is whether to wake at once afterwards; without it a wish of before stays. */
  | { type: 'drain'; force: boolean; again?: boolean }
  /** What the sandbox holds could not be saved: it stays, and is tried again. */
  | {
      type: 'unsaved';
      generation: number;
      code: string;
      message: string;
      /** Whether anything in the sandbox answered. */
      answered: boolean;
    }
  /** The container is gone for good, as wanted. */
  | { type: 'slept'; generation: number }
  /** Nothing of the sandbox is wanted any more, saved or not. */
  | { type: 'discard' };

export const INITIAL_WAKE: WakeState = {
  state: 'asleep',
  since: 0,
  generation: 0,
  wakeStartedAt: null,
  attempts: 0,
  timings: [],
  failure: null,
  restore: null,
  tokens: null,
  unanswered: 0,
  force: false,
  again: false,
};

const WAKING: ReadonlySet<AgentState> = new Set(['starting', 'restoring', 'booting']);
const ORDER: Record<string, number> = { starting: 0, restoring: 1, booting: 2, ready: 3 };

export const isWaking = (state: AgentState): boolean => WAKING.has(state);

/** The pause after the n-th failed start in a row (from 1), ms. */
function startPauseMs(attempts: number): number {
  return Math.min(START_BACKOFF_MS * 2 ** (attempts - 1), MAX_START_BACKOFF_MS);
}

/**
 * Whether an agent has failed so often, or so finally, that those who wait must be told: to start, or
 * to be saved before its next start.
 */
export function hasGivenUp({ state, failure, attempts }: WakeState): boolean {
  if (state === 'draining') return attempts >= MAX_START_ATTEMPTS;
  if (state !== 'failed') return false;
  return failure?.nextTryAt == null || attempts >= MAX_START_ATTEMPTS;
}

function closeStage(wake: WakeState, now: number): WakeState['timings'] {
  return [...wake.timings, { stage: wake.state, ms: Math.max(0, now - wake.since) }];
}

function start(wake: WakeState, event: WakeEvent & { type: 'demand' }, now: number): WakeState {
  return {
    ...wake,
    state: 'starting',
    since: now,
    generation: wake.generation + 1,
    wakeStartedAt: now,
    timings: [],
    failure: null,
    restore: event.restore,
    tokens: event.tokens,
    force: false,
    again: false,
  };
}

/** A drain that is under way, when somebody asks for one: more may be wanted of it by now. */
function insist(wake: WakeState, event: WakeEvent & { type: 'drain' }): WakeState {
  const force = wake.force || event.force;
  const again = event.again ?? wake.again;
  return force === wake.force && again === wake.again ? wake : { ...wake, force, again };
}

/**
 * The wake machine: asleep → starting → restoring → booting → ready → draining → asleep, or failed.
 * Pure: `now` is UTC ms. News of another generation and events that mean nothing in the current
 * state change nothing (the very same object comes back).
 */
export function transition(wake: WakeState, event: WakeEvent, now: number): WakeState {
  switch (event.type) {
    case 'demand': {
      if (wake.state === 'asleep') return start({ ...wake, attempts: 0 }, event, now);
      if (wake.state !== 'failed') return wake;
      if (event.insist) return start({ ...wake, attempts: 0 }, event, now);
      const nextTryAt = wake.failure?.nextTryAt ?? null;
      return nextTryAt !== null && nextTryAt <= now ? start(wake, event, now) : wake;
    }
    case 'stage': {
      if (event.generation !== wake.generation || !isWaking(wake.state)) return wake;
      if ((ORDER[event.stage] ?? 0) <= (ORDER[wake.state] ?? 0)) return wake;
      const next: WakeState = {
        ...wake,
        state: event.stage,
        since: now,
        timings: closeStage(wake, now),
      };
      return event.stage === 'ready' ? { ...next, attempts: 0, wakeStartedAt: null } : next;
    }
    case 'lost': {
      if (event.generation !== wake.generation) return wake;
      if (wake.state === 'asleep' || wake.state === 'failed') return wake;
      if (wake.state === 'draining' && !event.lasting) return wake;
      const attempts = wake.attempts + 1;
      return {
        ...wake,
        state: 'failed',
        since: now,
        wakeStartedAt: null,
        attempts,
        timings: closeStage(wake, now),
        tokens: null,
        failure: {
          code: event.code,
          message: event.message,
          nextTryAt: event.lasting ? null : now + startPauseMs(attempts),
        },
      };
    }
    case 'drain': {
      if (wake.state === 'draining') return insist(wake, event);
      const mayDrain = wake.state === 'ready' || (event.force && isWaking(wake.state));
      if (!mayDrain) return wake;
      return {
        ...wake,
        state: 'draining',
        since: now,
        wakeStartedAt: null,
        attempts: 0,
        unanswered: 0,
        force: event.force,
        again: event.again ?? false,
      };
    }
    case 'unsaved': {
      if (event.generation !== wake.generation || wake.state !== 'draining') return wake;
      const attempts = wake.attempts + 1;
      const { code, message } = event;
      const unanswered = event.answered ? 0 : wake.unanswered + 1;
      const nextTryAt = now + startPauseMs(attempts);
      return { ...wake, attempts, unanswered, failure: { code, message, nextTryAt } };
    }
    case 'discard': {
      if (wake.state === 'asleep') return wake;
      // A generation that nobody starts: news of the one before is late from here on.
      return { ...INITIAL_WAKE, since: now, generation: wake.generation + 1 };
    }
    case 'slept': {
      if (event.generation !== wake.generation || wake.state !== 'draining') return wake;
      return {
        ...wake,
        state: 'asleep',
        since: now,
        attempts: 0,
        tokens: null,
        failure: null,
        force: false,
      };
    }
  }
}

/** What a wake will take: the median of the agent's own last ones, ms. */
export function expectedWakeMs(wakeTimes: readonly number[]): number {
  if (wakeTimes.length === 0) return FIRST_WAKE_ESTIMATE_MS;
  const sorted = wakeTimes.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? FIRST_WAKE_ESTIMATE_MS;
}

/** The machine's state as members and operators see it: without tokens and restore point. */
export function statusOf(wake: WakeState, wakeTimes: readonly number[]): AgentStatus {
  return {
    state: wake.state,
    since: wake.since,
    generation: wake.generation,
    wakeStartedAt: wake.wakeStartedAt,
    expectedWakeMs: expectedWakeMs(wakeTimes),
    timings: wake.timings,
    failure: wake.failure && {
      ...wake.failure,
      // One that has given up waits for somebody, not for a time.
      nextTryAt: wake.state === 'failed' && hasGivenUp(wake) ? null : wake.failure.nextTryAt,
    },
  };
}
