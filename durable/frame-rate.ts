/** Frames that one socket may send in a minute: ten a second is more than a person types or clicks. */
export const MAX_FRAMES_PER_MINUTE = 600;
const MINUTE_MS = 60_000;

/**
 * How many frames each socket has sent in the minute that is. In memory: what hibernates has been
 * quiet, and an eviction forgives one minute.
 */
export class FrameRate {
  readonly #counts = new WeakMap<WebSocket, { minute: number; frames: number }>();

  /** Counts a frame; false for one too many. */
  take(socket: WebSocket, now: number): boolean {
    const minute = Math.floor(now / MINUTE_MS);
    const known = this.#counts.get(socket);
    const frames = known?.minute === minute ? known.frames + 1 : 1;
    this.#counts.set(socket, { minute, frames });
    return frames <= MAX_FRAMES_PER_MINUTE;
  }
}
