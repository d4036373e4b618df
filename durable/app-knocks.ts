/**
 * An app counts as newly opened after it has been silent for so long, ms. OpenClaw's own apps come
 * back after 30 s at the latest when they lose their connection.
 */
export const QUIET_MS = 3 * 60_000;
/** Apps remembered; the oldest is forgotten first, and would wake the agent once too often. */
const MAX_KNOCKS = 50;

/** When an app was last here, or tried to be, UTC ms. */
export interface Knock {
  app: string;
  at: number;
}

/**
 * Whether an app that comes now was opened by somebody. One that has been coming back by itself was
 * not, and neither wakes the agent nor keeps it awake: it would do so for ever.
 */
export function isNewlyOpened(knocks: readonly Knock[], app: string, now: number): boolean {
  return !knocks.some((knock) => knock.app === app && now - knock.at < QUIET_MS);
}

/** The knocks with one more; those that say nothing any more are gone. */
export function addKnock(knocks: readonly Knock[], { app, at }: Knock): Knock[] {
  const others = knocks.filter((knock) => knock.app !== app && at - knock.at < QUIET_MS);
  return [...others, { app, at }].slice(-MAX_KNOCKS);
}
