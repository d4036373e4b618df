/** Silence after which the line is tried, ms: below the idle limits of proxies and phone networks. */
export const PING_AFTER_MS = 25_000;
/** Time a ping may stay unanswered before the line counts as dead, ms. */
export const PONG_WITHIN_MS = 8_000;

export interface Pulse {
  /** When anything was heard last. */
  heardAt: number;
  /** When the ping not answered yet was sent; null when there is none. */
  pingedAt: number | null;
}

/** What to do about an open socket now. */
export function heartbeat({ heardAt, pingedAt }: Pulse, now: number): 'wait' | 'ping' | 'dead' {
  if (pingedAt !== null && heardAt < pingedAt) {
    return now - pingedAt >= PONG_WITHIN_MS ? 'dead' : 'wait';
  }
  return now - heardAt >= PING_AFTER_MS ? 'ping' : 'wait';
}
