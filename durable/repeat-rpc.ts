/** Tries of one call, the first included. */
const MAX_TRIES = 3;
/** Pause before the second try, ms, doubled for the third and spread by half. */
const PAUSE_MS = 50;

/**
 * Whether an object was not reached, or was reset under the call, rather than refused it (Cloudflare's
 * documentation, Durable Objects, "Error handling"). An overloaded one is left alone.
 */
function isRepeatable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const marks = error as {
    retryable?: unknown;
    overloaded?: unknown;
    durableObjectReset?: unknown;
  };
  return (
    marks.overloaded !== true && (marks.retryable === true || marks.durableObjectReset === true)
  );
}

/**
 * Asks an agent what it may be asked twice: attempts have ids, so that a repeated admit, retry or settle
 * changes nothing. A deploy that resets the agent would else lose the end of every stream under way.
 * A stub is of no use after such an error: the next try wants a new one.
 */
export async function repeatRpc<T>(ask: (isFirst: boolean) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(tries === 1);
    } catch (error) {
      if (tries >= MAX_TRIES || !isRepeatable(error)) throw error;
      const pauseMs = PAUSE_MS * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
