/** What asks a process to end: Ctrl-C, a CI that cancels, a terminal that goes away. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Keeps signals from ending this process until `release`; `signal` is aborted when one comes. */
export function holdSignals(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const hold = (): void => controller.abort();
  for (const name of SIGNALS) process.on(name, hold);
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, hold);
    },
  };
}
