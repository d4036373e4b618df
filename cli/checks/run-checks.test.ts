import { expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { passed } from './check.ts';
import { runChecks, type CheckTask } from './run-checks.ts';

const task = (name: string, run: CheckTask['run']): CheckTask => ({
  name,
  fix: `mend ${name}`,
  run,
});
const fine = (name: string) => task(name, () => Promise.resolve(passed(name, 'Fine.')));

test('one that breaks or hangs fails alone, and all keep their order', async () => {
  const checks = await runChecks(
    [
      task('hangs', () => new Promise(() => undefined)),
      fine('first'),
      task('breaks', () => Promise.reject(new TypeError('secret of the inside'))),
      task('refused', () =>
        Promise.reject(new AppError('cloud_refused', 'It may not.', { hint: 'Let it.' })),
      ),
      fine('last'),
    ],
    20,
  );
  expect(checks).toEqual([
    { name: 'hangs', status: 'failed', message: 'No answer within 0.02 s.', fix: 'mend hangs' },
    { name: 'first', status: 'passed', message: 'Fine.', fix: null },
    { name: 'breaks', status: 'failed', message: 'The check itself broke.', fix: 'mend breaks' },
    { name: 'refused', status: 'failed', message: 'It may not.', fix: 'Let it.' },
    { name: 'last', status: 'passed', message: 'Fine.', fix: null },
  ]);
});

test('no more than four ask at once', async () => {
  let running = 0;
  let most = 0;
  const tasks = Array.from({ length: 12 }, (_, index) =>
    task(String(index), async () => {
      most = Math.max(most, (running += 1));
      await new Promise((later) => setImmediate(later));
      running -= 1;
      return passed(String(index), '');
    }),
  );
  expect(await runChecks(tasks)).toHaveLength(12);
  expect(most).toBe(4);
});
