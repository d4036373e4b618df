import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import type { Cloud } from '../cloud/client.ts';
import type { Serving } from './plan.ts';

/** What serves now, and by which deployment: another one in between shows by its id. */
export interface ServingNow extends Serving {
  deploymentId: string | null;
  /** All versions of that deployment, those at 0 % too. */
  deployed: readonly string[];
}

/** From Cloudflare's API; the newest first. Source: Workers, "List Deployments". */
const deploymentList = z.object({
  deployments: z.array(
    z.object({
      id: z.string(),
      versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
    }),
  ),
});

const PERMISSION = 'Workers Scripts Read';

/**
 * What a Worker serves. `conflict` when versions share its requests, since another release is under
 * way then; a version at 0 % is one that was only checked, and is passed over.
 */
export async function readServing(
  cloud: Cloud,
  { accountId, workerName }: { accountId: string; workerName: string },
): Promise<ServingNow> {
  const account = { account_id: accountId };
  const list = await cloud.find(PERMISSION, (api) =>
    api.workers.scripts.deployments.list(workerName, account),
  );
  const newest = list ? deploymentList.parse(list.result).deployments[0] : undefined;
  if (!newest) return { versionId: null, migrationTag: null, deploymentId: null, deployed: [] };
  const serving = newest.versions.filter(({ percentage }) => percentage > 0);
  const [only] = serving;
  if (!only || serving.length > 1) {
    throw new AppError(
      'conflict',
      `${workerName} serves ${serving.length} versions at once: a release is under way.`,
      {
        hint: `Let it end, or end it: npx wrangler versions deploy <version>@100 --name ${workerName}`,
      },
    );
  }
  const scripts = await cloud.ask(PERMISSION, (api) => api.workers.scripts.list(account));
  const script = scripts.result.find(({ id }) => id === workerName);
  return {
    versionId: only.version_id,
    migrationTag: script?.migration_tag ?? null,
    deploymentId: newest.id,
    deployed: newest.versions.map(({ version_id: id }) => id),
  };
}
