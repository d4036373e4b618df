import { listSweepRows, markApplied } from '../db/queries/agents.ts';
import { openDb } from '../db/queries/open.ts';
import { tenantById } from '../db/queries/tenants.ts';
import { bootProblems } from './boot.ts';
import type { EdgeDeps } from './context.ts';
import type { Env } from './env.ts';
import { describeCause } from './log.ts';
import { chooseSweep, MAX_ROWS_PER_SWEEP, OVERDUE_MS } from './sweep.ts';
import { recordOf } from './tenant-record.ts';

/** The schedule of wrangler.jsonc, ms. */
const SWEEP_INTERVAL_MS = 5 * 60_000;
/** Agents asked at once: a Worker has six connections (Cloudflare's limits of Workers). */
const AT_ONCE = 6;

/** Runs work on each id, a few at once; one that fails fails alone. */
async function eachAlone(
  ids: readonly string[],
  work: (id: string) => Promise<void>,
  onFailure: (id: string, error: unknown) => void,
): Promise<void> {
  for (let index = 0; index < ids.length; index += AT_ONCE) {
    await Promise.all(
      ids
        .slice(index, index + AT_ONCE)
        .map((id) => work(id).catch((error) => onFailure(id, error))),
    );
  }
}

/** What cron does: agents behind their tenant's record get it again, overdue ones are poked. */
export async function sweepAgents(
  env: Env,
  deps: Pick<EdgeDeps, 'agentOf' | 'now' | 'log'>,
): Promise<void> {
  const problems = bootProblems(env);
  if (problems.length > 0) {
    deps.log({ level: 'error', event: 'cron.not_configured', problems });
    return;
  }
  const db = openDb(env.DB);
  const now = deps.now();
  const rows = await listSweepRows(db, { dueBefore: now - OVERDUE_MS, limit: MAX_ROWS_PER_SWEEP });
  const chosen = chooseSweep(rows, { now, turn: Math.floor(now / SWEEP_INTERVAL_MS) });

  async function tell(tenantId: string): Promise<void> {
    const tenant = await tenantById(db, tenantId);
    if (!tenant) return;
    const agent = deps.agentOf(env, { tenantId, region: tenant.region });
    const { version } = await agent.apply(recordOf(tenant));
    await markApplied(db, { tenantId, version, now });
  }
  const poke = (tenantId: string): Promise<void> =>
    deps.agentOf(env, { tenantId, region: null }).poke();
  const failed = (event: string) => (tenantId: string, error: unknown) =>
    deps.log({ level: 'warn', event, tenantId, cause: describeCause(error) });

  await eachAlone(chosen.tell, tell, failed('cron.apply.failed'));
  await eachAlone(chosen.poke, poke, failed('cron.poke.failed'));
  const count = chosen.tell.length + chosen.poke.length;
  if (count > 0) deps.log({ level: 'info', event: 'cron.swept', count });
}
