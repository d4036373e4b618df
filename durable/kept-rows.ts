/** Invites, sign-ins and members that have ended are listed this long, ms, and then forgotten. */
export const KEEP_ENDED_MS = 90 * 86_400_000;
/** How many of each are listed at most: the newest. */
export const MAX_ENDED = 200;
