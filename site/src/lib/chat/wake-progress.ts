import type { AgentState, AgentStatus } from '../../../../contract/agent.ts';
import type { AgentNews } from './chat-state.ts';

/** Stages of a wake as people see them, in order. */
export const WAKE_STAGES = ['starting', 'restoring', 'booting', 'ready'] as const;
export type WakeStage = (typeof WAKE_STAGES)[number];

/** Share of the line that stands for the expected time; the rest is for what takes longer. */
const EXPECTED_SHARE = 0.85;
/** A wake is late when it takes this much longer than expected. */
const LATE_FACTOR = 1.25;
/** Furthest into the past a stage's start is believed by this device's clock, ms. */
const MAX_CLOCK_GAP_MS = 5 * 60_000;

/**
 * How long ago the current state began when the news came, ms. Live news comes as it happens. For a
 * greeting there is only the server's clock against this device's: it is believed while the answer
 * is plausible, else taken for nothing, so that a wrong clock never shows time that did not pass.
 */
function ageWhenHeard(news: AgentNews): number {
  if (news.live) return 0;
  const gap = news.heardAt - news.status.since;
  return gap > 0 && gap <= MAX_CLOCK_GAP_MS ? gap : 0;
}

/** Time since the current state began, ms, by this device's clock. */
export function sinceMs(news: AgentNews, now: number): number {
  return ageWhenHeard(news) + Math.max(0, now - news.heardAt);
}

/** Time since the wake under way began, ms; 0 when none is. */
export function elapsedMs(news: AgentNews, now: number): number {
  const { wakeStartedAt, since } = news.status;
  if (wakeStartedAt === null) return 0;
  return Math.max(0, since - wakeStartedAt) + sinceMs(news, now);
}

/**
 * How far to draw the line, 0 to 1: straight up to the expected time, then ever slower, and never
 * whole before the agent is ready.
 */
export function lineShare(elapsed: number, expected: number): number {
  const ratio = elapsed / Math.max(1, expected);
  if (ratio <= 1) return EXPECTED_SHARE * Math.max(0, ratio);
  return EXPECTED_SHARE + (1 - EXPECTED_SHARE) * 0.95 * (1 - Math.exp(1 - ratio));
}

export function isLate(elapsed: number, expected: number): boolean {
  return elapsed > expected * LATE_FACTOR;
}

export interface StageView {
  stage: WakeStage;
  place: 'behind' | 'now' | 'ahead';
  /** How long it took, ms; null when it is not behind or was not measured. */
  ms: number | null;
}

/**
 * The wake's stages with where the agent is among them. One that lies behind and was never gone
 * through, such as the restore of an agent that has nothing to bring back, is left out.
 */
export function stageViews(status: AgentStatus): StageView[] {
  const at = WAKE_STAGES.findIndex((stage) => stage === status.state);
  const views = WAKE_STAGES.map((stage, index): StageView => ({
    stage,
    place: status.state === 'ready' || index < at ? 'behind' : index === at ? 'now' : 'ahead',
    ms: status.timings.find((timing) => timing.stage === stage)?.ms ?? null,
  }));
  return views.filter(
    ({ stage, place, ms }) => place !== 'behind' || ms !== null || stage === status.state,
  );
}

export function isWaking(state: AgentState): boolean {
  return state === 'starting' || state === 'restoring' || state === 'booting';
}

/** Time until a failed agent tries again, ms; null when it does not by itself. */
export function nextTryMs(news: AgentNews, now: number): number | null {
  const at = news.status.failure?.nextTryAt ?? null;
  if (at === null) return null;
  return Math.max(0, at - news.status.since - sinceMs(news, now));
}

/** Seconds the way people say them: `8 s`, `1 min 5 s`. */
export function seconds(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1000));
  if (whole < 60) return `${whole} s`;
  const rest = whole % 60;
  return rest === 0 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 60)} min ${rest} s`;
}
