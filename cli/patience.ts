import { isRetryable } from './errors.ts';
import type { Io } from './io.ts';

/** Pause between two looks at what moves by itself, ms. */
export const LOOK_MS = 1_000;
/** Tries of one question before a command that follows gives up: about half a minute in all. */
const MAX_TRIES = 7;
/** Longest pause between two tries, ms; the first is LOOK_MS, and it doubles. */
const MAX_PAUSE_MS = 8_000;

/**
 * Asks, and asks again while the system can't be reached or says that it may be asked again: a deploy
 * or a lost connection ends nothing. `ask` must change nothing. Throws the last failure.
 */
export async function askPatiently<T>(io: Io, ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tried >= MAX_TRIES || !isRetryable(error)) throw error;
      await io.sleep(Math.min(LOOK_MS * 2 ** (tried - 1), MAX_PAUSE_MS));
    }
  }
}
