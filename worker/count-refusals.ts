import { openDb } from '../db/queries/open.ts';
import { addRefusals } from '../db/queries/refusals.ts';
import type { EdgeDeps, Trace } from './context.ts';
import type { Env } from './env.ts';
import { describeCause } from './log.ts';

const COUNTED: ReadonlySet<number> = new Set([401, 403, 429]);

type Flushing = { env: Env; deps: Pick<EdgeDeps, 'refusalCounts' | 'now' | 'log'> };

/** Writes what this isolate holds to D1. Never throws. */
export async function flushRefusals({ env, deps }: Flushing): Promise<void> {
  const counts = deps.refusalCounts.take(deps.now());
  if (counts.length === 0) return;
  await addRefusals(openDb(env.DB), counts).catch((error: unknown) => {
    // Whether they were written is not known, and twice would be wrong.
    deps.log({ level: 'warn', event: 'refusals.flush.failed', cause: describeCause(error) });
  });
}

/** Counts an answer if it is a refusal; every request is an occasion to write what is due. */
export function countRefusal(
  status: number,
  of: Flushing & { ctx: Pick<ExecutionContext, 'waitUntil'>; trace: Trace },
): void {
  const { ctx, trace, deps } = of;
  const now = deps.now();
  if (COUNTED.has(status)) deps.refusalCounts.note({ route: trace.route ?? '', status }, now);
  if (deps.refusalCounts.isDue(now)) ctx.waitUntil(flushRefusals(of));
}
