/** Turns that are on the page at a time: more makes it slow, and nobody sees them. */
export const MAX_MOUNTED_TURNS = 100;
/** Turns that come onto the page at a time. */
export const TURNS_PER_STEP = 30;

/**
 * Which turns of a conversation are on the page, by the ids of the first and the last of them. Null
 * means the newest as many as may be, and to the end.
 */
export interface TurnWindow {
  first: string | null;
  last: string | null;
}

export const AT_END: TurnWindow = { first: null, last: null };

/** Places in the conversation, the second one not included. */
export interface Part {
  start: number;
  end: number;
}

interface Identified {
  id: string;
}

/** Where a window stands in a conversation. One whose turns are gone stands at the end. */
export function partOf({ first, last }: TurnWindow, turns: readonly Identified[]): Part {
  const end = last === null ? turns.length : turns.findLastIndex(({ id }) => id === last) + 1;
  const start = first === null ? -1 : turns.findIndex(({ id }) => id === first);
  if (end === 0 || start >= end) return newest(turns.length);
  return start === -1 ? newest(end) : { start, end };
}

function newest(end: number): Part {
  return { start: Math.max(0, end - MAX_MOUNTED_TURNS), end };
}

function windowOf({ start, end }: Part, turns: readonly Identified[]): TurnWindow {
  const isAtEnd = end >= turns.length;
  return { first: turns[start]?.id ?? null, last: isAtEnd ? null : (turns[end - 1]?.id ?? null) };
}

/** The window after its reader came near its upper edge; some turns at the lower one leave the page. */
export function earlier(window: TurnWindow, turns: readonly Identified[]): TurnWindow {
  const part = partOf(window, turns);
  const start = Math.max(0, part.start - TURNS_PER_STEP);
  return windowOf({ start, end: Math.min(part.end, start + MAX_MOUNTED_TURNS) }, turns);
}

/** The window after its reader came near its lower edge. */
export function later(window: TurnWindow, turns: readonly Identified[]): TurnWindow {
  const part = partOf(window, turns);
  const end = Math.min(turns.length, part.end + TURNS_PER_STEP);
  return windowOf({ start: Math.max(part.start, end - MAX_MOUNTED_TURNS), end }, turns);
}

/** The window with its upper edge held where it is, while turns come in at the end. */
export function held(window: TurnWindow, turns: readonly Identified[]): TurnWindow {
  return windowOf(partOf(window, turns), turns);
}
