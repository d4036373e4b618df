import type { Closed } from '../../api/kept-socket.ts';
import type { Toned } from '../../ui/tone.ts';

/** `paused` is by the reader; `lost` is tried again unless it has ended for good. */
export type LiveMode = 'live' | 'paused' | 'connecting' | 'lost';

/** A watcher's line is closed with this after an hour, and may come back (contract/live.ts). */
export const CLOSE_RENEW = 4408;

export const OUTDATED_WORDS = 'The system is newer than this page. Reload it to go on.';

const END_WORDS: Readonly<Record<number, string>> = {
  1008: 'The agent closed the line, since this page said what it must not. Reload it.',
  4401: 'Your sign-in has ended. Reload the page.',
  4403: 'The tenant was suspended, and the line closed. Reload the page.',
  4410: 'The tenant was deleted.',
};

/** Why a line that was closed does not come back by itself; null for one that does. */
export function endWords({ code }: Closed): string | null {
  return END_WORDS[code] ?? null;
}

export const MODE_WORDS: Record<LiveMode, Toned> = {
  live: { name: 'Live', tone: 'good' },
  paused: { name: 'Paused', tone: 'warn' },
  connecting: { name: 'Connecting', tone: 'busy' },
  lost: { name: 'Not live', tone: 'warn' },
};
