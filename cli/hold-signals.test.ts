import { expect, test } from 'vitest';
import { holdSignals } from './hold-signals.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is held, and only until then', (name) => {
  const before = process.listeners(name);
  const { signal, release } = holdSignals();
  const [added] = process.listeners(name).filter((listener) => !before.includes(listener));
  expect(signal.aborted).toBe(false);
  added?.(name);
  expect(signal.aborted).toBe(true);
  release();
  expect(process.listeners(name)).toEqual(before);
});
