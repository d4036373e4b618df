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

/** Waits for work, at most so long; it goes on by itself. Rejects when the work does meanwhile. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: overdue, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
