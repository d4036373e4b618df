import { readdir, readFile } from 'node:fs/promises';
import { expect, onTestFinished } from 'vitest';
import type { Config } from '../../cli/config.ts';
import type { DeployReport } from '../../cli/deploy/apply.ts';
import { execute } from '../../cli/execute.ts';
import { ACTIVE_POLICY, INSPECTION, TENANT } from '../../cli/testing/answers.ts';
import { COMPILE_CACHE } from '../../cli/testing/compile-cache.ts';
import { folderWith, skclaw } from '../../cli/testing/harness.ts';
import { MODEL_CATALOG, PRICE_VERSION } from '../../contract/models.ts';
import { startDocker } from '../cloudflare/docker/index.ts';
import { startEdge } from '../cloudflare/edge.ts';
import { seedWorker } from '../cloudflare/seed.ts';
import type { CloudflareServer } from '../cloudflare/server.ts';
import { configOf } from '../cloudflare/skclaw-config.ts';
import { idOf } from '../cloudflare/state.ts';
import { operate, startAccount } from './account.ts';
import { deployProject } from './deploy-project.ts';

const CREDENTIALS = {
  CF_ACCESS_CLIENT_ID: 'deployer.access',
  CF_ACCESS_CLIENT_SECRET: 'canary-of-the-service-token',
};
export const WORKER = 'streamkinetics-backend';
const READY = { ...INSPECTION, agent: { ...INSPECTION.agent, state: 'ready' } };
const json =
  (body: unknown, status = 200) =>
  (): Response =>
    Response.json(body, { status });

/** The routes that a smoke test asks of the released system. */
const SMOKE_ANSWERS = {
  'POST /admin/api/tenants': json({ ...TENANT, invite: null, pending: false }, 201),
  [`POST /admin/api/agents/${TENANT.id}/wake`]: json(INSPECTION.agent),
  [`GET /admin/api/agents/${TENANT.id}`]: json(READY),
  [`DELETE /admin/api/tenants/${TENANT.id}`]: json({ ...TENANT, pending: false }),
};

const POLICY_ANSWERS = {
  'GET /admin/api/routing/policies': json({
    policies: [{ ...ACTIVE_POLICY, ruleCount: 3 }],
    cursor: null,
  }),
  'GET /admin/api/routing/policies/active': json(ACTIVE_POLICY),
  'GET /admin/api/routing/models': json({ models: MODEL_CATALOG, priceVersion: PRICE_VERSION }),
  'POST /admin/api/routing/policies': json({ ...ACTIVE_POLICY, version: 2, warnings: [] }, 201),
};

/** An account that the platform serves from (unless `empty`), with docker and edge in front. */
export async function stage(options: { empty?: boolean } = {}) {
  const account = await startAccount();
  // The zone's firewall is what `env validate` wants of it.
  expect(await operate(['waf', 'apply', '--yes'], { account })).toMatchObject({ code: 0 });
  const docker = startDocker();
  onTestFinished(() => docker.close());
  if (!options.empty) seedWorker(account.state);
  const edge = startEdge(account, {
    clientId: CREDENTIALS.CF_ACCESS_CLIENT_ID,
    clientSecret: CREDENTIALS.CF_ACCESS_CLIENT_SECRET,
    answers: { ...SMOKE_ANSWERS, ...POLICY_ANSWERS },
  });
  return { account, docker, edge };
}
/** An image that a release before has pushed. */
export const PUSHED = `registry.cloudflare.com/${idOf('account')}/agents@sha256:${'1'.repeat(64)}`;

/** A database that the releases before have migrated, so that a test need not. */
export async function migrated({ account }: Stage): Promise<void> {
  const [database] = account.state.d1.values();
  const folder = new URL('../../db/migrations/', import.meta.url);
  database?.sqlite.exec(
    'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TEXT)',
  );
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const name of names) {
    database?.sqlite.exec(await readFile(new URL(name, folder), 'utf8'));
    database?.sqlite.prepare('INSERT INTO d1_migrations (name) VALUES (?)').run(name);
  }
}

export type Stage = Awaited<ReturnType<typeof stage>>;

export interface Play {
  argv?: string[];
  project?: Awaited<ReturnType<typeof deployProject>>;
  env?: Record<string, string | undefined>;
  /** Runs before each program that is started. */
  before?: (file: string, args: readonly string[]) => void | Promise<void>;
  buildFails?: boolean;
  config?: Partial<Config>;
}

/** Runs `skclaw deploy`. vite is not run: the site of the project is built already. */
export async function deploy({ account, docker, edge }: Stage, play: Play = {}) {
  const project = play.project ?? (await deployProject());
  let clock = Date.now();
  const ran = await skclaw(['deploy', '--env', 'production', ...(play.argv ?? [])], {
    root: project.root,
    cwd: await folderWith({ '.skclaw.json': { ...configOf(account.state), ...play.config } }),
    env: {
      PATH: process.env['PATH'],
      HOME: project.root,
      ...COMPILE_CACHE,
      CLOUDFLARE_API_TOKEN: account.state.token.value,
      CLOUDFLARE_API_BASE_URL: account.url,
      CLOUDFLARE_AI_GATEWAY_API_KEY: account.state.token.value,
      ...CREDENTIALS,
      ...docker.env,
      ...play.env,
    },
    fetch: edge.fetch,
    now: () => clock,
    sleep: (ms) => {
      clock += ms;
      return Promise.resolve();
    },
    async execute(file, args, options) {
      await play.before?.(file, args);
      if (!args.some((arg) => arg.endsWith('vite.js'))) return execute(file, args, options);
      return { code: play.buildFails ? 1 : 0, stdout: '', stderr: 'x is not exported by y' };
    },
  });
  expect(ran.stdout + ran.stderr).not.toContain(account.state.token.value);
  expect(ran.stdout + ran.stderr).not.toContain(CREDENTIALS.CF_ACCESS_CLIENT_SECRET);
  expect(account.violations).toEqual([]);
  return { ...ran, report: () => ran.data() as unknown as DeployReport };
}

/** The versions that share the Worker's requests. */
export const live = ({ state }: CloudflareServer) =>
  state.worker(WORKER).deployments.at(-1)?.versions;
/** The version that was made last. */
export const newest = ({ state }: CloudflareServer) => state.worker(WORKER).versions.at(-1);

/** The version that serves when a deploy begins. */
export function seedOf({ account }: Stage): string {
  return live(account)?.[0]?.version_id ?? '';
}
