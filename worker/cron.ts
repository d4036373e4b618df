import { listDeletions, listSweepRows, markApplied } from '../db/queries/agents.ts';
import { openDb } from '../db/queries/open.ts';
import { tenantById } from '../db/queries/tenants.ts';
import { addressOf } from './agent.ts';
import { bootProblems } from './boot.ts';
import { closeDays } from './closing.ts';
import type { EdgeDeps } from './context.ts';
import type { Env } from './env.ts';
import { eraseTenant } from './erase-tenant.ts';
import { describeCause } from './log.ts';
import { settleHostnames } from './settle-hostnames.ts';
import {
  chooseDeletions,
  chooseSweep,
  MAX_ROWS_PER_SWEEP,
  MAX_SETTLEMENTS_PER_SWEEP,
  OVERDUE_MS,
  SWEEP_INTERVAL_MS,
} from './sweep.ts';
import { recordOf } from './tenant-record.ts';
import { thinCounts } from './thin-counts.ts';

/** Agents asked at once: a Worker has six connections (Cloudflare's limits of Workers). */
const AT_ONCE = 6;

/** Stands in the audit where a request's id does. */
const CRON_REQUEST = 'cron';

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

type CronDeps = Pick<EdgeDeps, 'agentOf' | 'now' | 'log'>;

/**
 * What cron does: agents are swept; then, whatever the sweep came to, days that are over are closed and
 * old counts forgotten.
 */
export async function runCron(env: Env, deps: CronDeps): Promise<void> {
  const problems = bootProblems(env);
  if (problems.length > 0) {
    deps.log({ level: 'error', event: 'cron.not_configured', problems });
    return;
  }
  try {
    await sweepAgents(env, deps);
  } finally {
    const db = openDb(env.DB);
    const failed = (event: string) => (error: unknown) =>
      deps.log({ level: 'warn', event, cause: describeCause(error) });
    await closeDays(db, deps).catch(failed('cron.close.failed'));
    await thinCounts(db, deps.now()).catch(failed('cron.thin.failed'));
  }
}

/**
 * Agents behind their tenant's record get it again, hostnames whose former agents have confirmed are
 * handed on, overdue agents are poked, and deletions under way are driven on.
 */
export async function sweepAgents(env: Env, deps: CronDeps): Promise<void> {
  const db = openDb(env.DB);
  const now = deps.now();
  const rows = await listSweepRows(db, { dueBefore: now - OVERDUE_MS, limit: MAX_ROWS_PER_SWEEP });
  const turn = Math.floor(now / SWEEP_INTERVAL_MS);
  const chosen = chooseSweep(rows, { now, turn });
  const deletions = chooseDeletions(await listDeletions(db, MAX_ROWS_PER_SWEEP), { turn });

  async function tell(tenantId: string): Promise<void> {
    const tenant = await tenantById(db, tenantId);
    if (!tenant) return;
    const agent = deps.agentOf(env, addressOf(tenant));
    const { version } = await agent.apply(recordOf(tenant));
    await markApplied(db, { tenantId, version, now });
  }
  const poke = (tenantId: string): Promise<void> =>
    deps.agentOf(env, { tenantId, region: null }).poke();
  async function erase(tenantId: string): Promise<void> {
    const tenant = await tenantById(db, tenantId);
    if (!tenant) return;
    const agent = deps.agentOf(env, addressOf(tenant));
    const kv = env.DIRECTORY;
    await eraseTenant({ db, kv, agent, now: deps.now, requestId: CRON_REQUEST }, tenant);
  }
  const failed = (event: string) => (tenantId: string, error: unknown) =>
    deps.log({ level: 'warn', event, tenantId, cause: describeCause(error) });

  await eachAlone(chosen.tell, tell, failed('cron.apply.failed'));
  // After those that lose a hostname were told, and before anybody else is: its heirs.
  const settling = { db, kv: env.DIRECTORY, now: deps.now, requestId: CRON_REQUEST };
  const settled = await settleHostnames(settling, { limit: MAX_SETTLEMENTS_PER_SWEEP });
  const heirs = new Set(settled.flatMap(({ heirId }) => heirId ?? []));
  await eachAlone([...heirs], tell, failed('cron.apply.failed'));
  await eachAlone(chosen.poke, poke, failed('cron.poke.failed'));
  await eachAlone(deletions, erase, failed('cron.erase.failed'));
  const count = [chosen.tell, settled, chosen.poke, deletions].flat().length;
  if (count > 0) deps.log({ level: 'info', event: 'cron.swept', count });
}
