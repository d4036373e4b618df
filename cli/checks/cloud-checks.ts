import { AppError } from '../../contract/errors.ts';
import { openCloud, tokenOf, TOKENS_PAGE, type Cloud } from '../cloud/client.ts';
import type { Config } from '../config.ts';
import type { Io } from '../io.ts';
import { accessTask } from './access-checks.ts';
import { containersTask, storageTasks, workerCheck, type CloudContext } from './account-checks.ts';
import { failed, passed, skipped, type Check } from './check.ts';
import { readToken, readWorker, type WorkerFacts } from './cloud-facts.ts';
import { gatewayTasks } from './gateway-checks.ts';
import { runChecks, type CheckTask } from './run-checks.ts';
import { zoneTasks } from './zone-checks.ts';

/** How long before a token ends its check says so, ms: 14 days. */
const ENDS_SOON_MS = 14 * 24 * 3_600_000;

/** Every check that asks Cloudflare, in order: what is skipped is named too. */
export const CLOUD_CHECKS = [
  'cloud.token',
  'cloud.worker',
  'cloud.d1',
  'cloud.kv',
  'cloud.r2',
  'cloud.containers',
  'cloud.ai-gateway',
  'routing.metadata',
  'cloud.model',
  'cloud.access',
  'cloud.zone',
  'cloud.waf.managed',
  'cloud.waf.rate-limit',
] as const;

export interface CloudResult {
  checks: Check[];
  /** Null when it isn't known, or the Worker was never deployed. */
  worker: WorkerFacts | null;
}

/** All of them skipped, for one reason. */
export function skipCloud(reason: string): CloudResult {
  return { checks: CLOUD_CHECKS.map((name) => skipped(name, reason)), worker: null };
}

async function tokenCheck(cloud: Cloud, config: Config, now: number): Promise<Check> {
  const name = 'cloud.token';
  const { status, expires_on: end } = await readToken(cloud, config.accountId);
  const fix = `open "${TOKENS_PAGE}"`;
  if (status !== 'active') return failed(name, `The API token is ${status}.`, fix);
  const endsAt = end === undefined ? NaN : Date.parse(end);
  const soon = endsAt - now < ENDS_SOON_MS ? ` It ends on ${end?.slice(0, 10)}.` : '';
  return passed(name, `The API token is active.${soon}`);
}

/**
 * What the account has of what the config file says, asked with the token of this shell. Without a
 * token, or with one that is refused, all is skipped; each of the rest fails alone.
 */
export async function cloudChecks(options: {
  io: Io;
  config: Config;
  environment: string;
  migrationTags: readonly string[];
  /** The environment's vars, filled in. */
  vars: Readonly<Record<string, unknown>>;
}): Promise<CloudResult> {
  const { io, config, vars } = options;
  if (tokenOf(io.env, 'CLOUDFLARE_API_TOKEN') === null) {
    return skipCloud('CLOUDFLARE_API_TOKEN is not set (a login by wrangler is not used).');
  }
  let worker: WorkerFacts | null = null;
  let token: Check;
  let cloud: Cloud;
  try {
    cloud = await openCloud(io);
    [token = skipped('cloud.token', '')] = await runChecks([
      {
        name: 'cloud.token',
        fix: `open "${TOKENS_PAGE}"`,
        run: () => tokenCheck(cloud, config, io.now()),
      },
    ]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    token = failed('cloud.token', error.message, error.hint ?? `open "${TOKENS_PAGE}"`);
    return restSkipped(token);
  }
  if (token.status === 'failed') return restSkipped(token);

  const { accountId, workerName: name } = config;
  const workerTask: CheckTask = {
    name: 'cloud.worker',
    fix: 'npx wrangler whoami',
    async run() {
      worker = await readWorker(cloud, { accountId, name });
      return workerCheck({ ...context, worker });
    },
  };
  const context: CloudContext = { ...options, cloud, worker };
  const hasKey = tokenOf(io.env, 'CLOUDFLARE_AI_GATEWAY_API_KEY') !== null;
  const keyed = hasKey ? await openCloud(io, 'CLOUDFLARE_AI_GATEWAY_API_KEY') : cloud;
  const model = vars['CF_AI_GATEWAY_MODEL'];
  const checks = await runChecks([
    workerTask,
    ...storageTasks(context),
    containersTask(context),
    ...gatewayTasks({
      config,
      cloud,
      keyed,
      model: typeof model === 'string' && model !== '' ? model : null,
      platform: config.defaultPlatform ?? config.projectName,
      environment: options.environment,
    }),
    accessTask(context),
    ...zoneTasks(context),
  ]);
  return { checks: [token, ...checks], worker };
}

function restSkipped(token: Check): CloudResult {
  const { checks } = skipCloud('The API token can’t be used.');
  return { checks: [token, ...checks.slice(1)], worker: null };
}
