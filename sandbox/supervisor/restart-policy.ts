import type { Reason } from './status-board.ts';

/** Restarts within RESTART_WINDOW_MS: OpenClaw's own breaker trips at three unclean boots in five minutes. */
export const MAX_RESTARTS = 4;
/** Ten minutes: a crash an hour is bad luck, five in ten minutes is a broken agent. */
export const RESTART_WINDOW_MS = 600_000;
/** First wait before a restart; doubled for each one in the window. */
const RESTART_BASE_MS = 500;
/** Longest wait: a boot takes 10 s or more anyway. */
const RESTART_MAX_MS = 15_000;
/** OpenClaw's exit code for an invalid config or a second gateway on the same state. */
const CONFIG_EXIT_CODE = 78;

/** How OpenClaw's process ended, and when others before it did. */
export interface CrashFacts {
  code: number | null;
  signal: string | null;
  /** UTC ms of earlier crashes of this generation. */
  earlier: readonly number[];
  now: number;
  /** Last lines of its stderr, newest last. */
  lastErrors: readonly string[];
}

/** What to do after OpenClaw ended without being asked. */
export type CrashDecision =
  | { action: 'restart'; delayMs: number }
  | { action: 'fail'; reason: Reason };

/** @returns restart after a wait, or give up with a reason. Pure. */
export function decideAfterCrash(facts: CrashFacts): CrashDecision {
  const said = facts.lastErrors.slice(-5).join('\n');
  if (facts.code === CONFIG_EXIT_CODE)
    return fail('openclaw_config_invalid', said || 'OpenClaw refused its configuration.');
  const recent = facts.earlier.filter((at) => facts.now - at < RESTART_WINDOW_MS).length;
  if (recent >= MAX_RESTARTS) {
    const how = facts.signal ?? `code ${facts.code}`;
    const times = `${recent + 1} times in ${RESTART_WINDOW_MS / 60_000} minutes`;
    if (ranOutOfMemory(facts))
      return fail('openclaw_out_of_memory', `OpenClaw was ended for lack of memory ${times}.`);
    return fail('openclaw_crashing', `OpenClaw ended ${times}, last by ${how}. ${said}`.trim());
  }
  return { action: 'restart', delayMs: Math.min(RESTART_BASE_MS * 2 ** recent, RESTART_MAX_MS) };
}

/** V8 says so before it aborts; the kernel only kills, and nobody else in a container does. */
function ranOutOfMemory({ signal, lastErrors }: CrashFacts): boolean {
  return signal === 'SIGKILL' || lastErrors.some((line) => /heap out of memory/i.test(line));
}

function fail(code: string, message: string): CrashDecision {
  return { action: 'fail', reason: { code, message } };
}
