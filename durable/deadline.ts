/**
 * Runs work with a signal that aborts after `ms`. Unlike `AbortSignal.timeout` it leaves no timer
 * behind when the work is done: a pending timer keeps a Durable Object from hibernating.
 */
export async function withDeadline<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer in time')), ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
