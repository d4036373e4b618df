import { asAppError } from '../../contract/errors.ts';
import { failed, type Check } from './check.ts';

/** Checks that ask at once: Cloudflare's API takes 1,200 requests in 5 minutes for a whole account. */
const MAX_AT_ONCE = 4;
/** Longest that one check may take, ms: a first token of a model that has to be loaded. */
const CHECK_DEADLINE_MS = 30_000;

/** Something to be tried; what it throws is its failure. */
export interface CheckTask {
  name: string;
  /** What mends it when it can't be tried: what fails has a hint of its own, mostly. */
  fix: string;
  run(): Promise<Check>;
}

async function runCheck({ name, fix, run }: CheckTask, deadlineMs: number): Promise<Check> {
  const late = AbortSignal.timeout(deadlineMs);
  try {
    return await Promise.race([
      run(),
      new Promise<never>((_, reject) => {
        late.addEventListener('abort', () => reject(late.reason), { once: true });
      }),
    ]);
  } catch (error) {
    if (late.aborted) return failed(name, `No answer within ${deadlineMs / 1_000} s.`, fix);
    const known = asAppError(error);
    return failed(name, known?.message ?? 'The check itself broke.', known?.hint ?? fix);
  }
}

/** Runs all checks, some at once, in the order given; one that breaks or hangs fails alone. */
export async function runChecks(
  tasks: readonly CheckTask[],
  deadlineMs = CHECK_DEADLINE_MS,
): Promise<Check[]> {
  const checks: Check[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tasks.length; index = next++) {
      const task = tasks[index];
      if (task) checks[index] = await runCheck(task, deadlineMs);
    }
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, work));
  return checks;
}
