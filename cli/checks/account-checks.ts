import type { Cloud } from '../cloud/client.ts';
import type { Config } from '../config.ts';
import type { WorkerFacts } from './cloud-facts.ts';
import { failed, passed, skipped, type Check } from './check.ts';
import type { CheckTask } from './run-checks.ts';

/** What the checks of the account's side look at. */
export interface CloudContext {
  cloud: Cloud;
  config: Config;
  environment: string;
  /** Null when the Worker was never deployed. */
  worker: WorkerFacts | null;
  /** Tags of the Durable Object migrations in wrangler.jsonc. */
  migrationTags: readonly string[];
}

/** The Worker as the account has it: its migrations must be among those that would be deployed. */
export function workerCheck(context: CloudContext): Check {
  const { config, worker, migrationTags } = context;
  const name = 'cloud.worker';
  if (!worker) {
    return skipped(name, `${config.workerName} is not deployed yet; the first deploy makes it.`);
  }
  const { migrationTag } = worker;
  if (migrationTag !== null && !migrationTags.includes(migrationTag)) {
    const message = `${config.workerName} is at the migration ${migrationTag}, which wrangler.jsonc has not: migrations are only ever added.`;
    return failed(name, message, 'git log -p wrangler.jsonc');
  }
  return passed(
    name,
    `${config.workerName} is deployed, at the migration ${migrationTag ?? 'none'}.`,
  );
}

/** Whether a thing of the account is there: `create` makes one where it is not. */
function existence(
  name: string,
  thing: { what: string; create: string; find(): Promise<unknown> },
): CheckTask {
  const { what, create, find } = thing;
  return {
    name,
    fix: create,
    run: async () =>
      (await find()) === null
        ? failed(name, `The account has no ${what}.`, create)
        : passed(name, `The account has the ${what}.`),
  };
}

/** D1, KV and R2 by the ids of the config file. */
export function storageTasks({ cloud, config }: CloudContext): CheckTask[] {
  const { accountId: account_id, d1DatabaseId, kvNamespaceId, r2BucketName, projectName } = config;
  return [
    existence('cloud.d1', {
      what: `D1 database ${d1DatabaseId}`,
      create: `npx wrangler d1 create ${projectName}`,
      find: () => cloud.find('D1 Read', (api) => api.d1.database.get(d1DatabaseId, { account_id })),
    }),
    existence('cloud.kv', {
      what: `KV namespace ${kvNamespaceId}`,
      create: 'npx wrangler kv namespace create DIRECTORY',
      find: () =>
        cloud.find('Workers KV Storage Read', (api) =>
          api.kv.namespaces.get(kvNamespaceId, { account_id }),
        ),
    }),
    existence('cloud.r2', {
      what: `R2 bucket ${r2BucketName}`,
      create: `npx wrangler r2 bucket create ${r2BucketName}`,
      find: () =>
        cloud.find('Workers R2 Storage Read', (api) =>
          api.r2.buckets.get(r2BucketName, { account_id }),
        ),
    }),
  ];
}

/** Whether the account may run containers, and ours are owned by their Durable Object. */
export function containersTask({ cloud, config }: CloudContext): CheckTask {
  const name = 'cloud.containers';
  const fix = 'open "https://dash.cloudflare.com/?to=/:account/workers/plans"';
  const application = `${config.workerName}-agents`;
  return {
    name,
    fix,
    async run() {
      const found = await cloud.ask('Containers Read', async (api) => {
        const { accountId: account_id } = config;
        const list = api.containers.applications.list({ account_id, name: application });
        for await (const each of list) if (each.name === application) return each;
        return null;
      });
      if (!found) return passed(name, `Containers are enabled; a deploy makes ${application}.`);
      const policy = (found as { scheduling_policy?: unknown }).scheduling_policy;
      if (policy === undefined || policy === 'durable_object') {
        return passed(name, `Containers are enabled, and ${application} is there.`);
      }
      const message = `${application} has the scheduling policy ${String(policy)}, which can't be changed to durable_object.`;
      return failed(name, message, `npx wrangler containers delete ${String(found.id)}`);
    },
  };
}
