import type { StatusPart, StatusView } from '../contract/status.ts';
import { logFailure, type EdgeContext } from './context.ts';
import { healthChecksOf, runChecks } from './health-checks.ts';

/** How long an answer counts, ms: however many ask, an isolate tries its services twice a minute. */
export const STATUS_MS = 30_000;

/** The operators' checks that cost nothing, by what people are told of them. */
const PARTS: Record<string, StatusPart> = { d1: 'records', kv: 'directory', r2: 'snapshots' };

/** How the system was found last, in this isolate. */
export class RecentStatus {
  #last: StatusView | null = null;

  /** What was found not long ago, or is found now. Says what works, and never why something does not. */
  async read(c: EdgeContext): Promise<StatusView> {
    const { deps } = c.var;
    const now = deps.now();
    if (this.#last !== null && now - this.#last.checkedAt < STATUS_MS) return this.#last;
    const checks = healthChecksOf(c.env, deps).filter(({ name }) => name in PARTS);
    const found = await runChecks(checks, {
      now: deps.now,
      onFailure: (name, error) => logFailure(c, `status.${name}.failed`, error),
    });
    const parts = found.checks.flatMap(({ name, ok }) => {
      const part = PARTS[name];
      return part === undefined ? [] : [{ part, ok }];
    });
    // Whoever reads this has been answered by the edge.
    const all: StatusView['parts'] = [{ part: 'edge', ok: true }, ...parts];
    this.#last = { ok: found.ok, parts: all, checkedAt: now };
    return this.#last;
  }
}
