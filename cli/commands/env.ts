import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { failed, skipped, type Check } from '../checks/check.ts';
import { cloudChecks, skipCloud } from '../checks/cloud-checks.ts';
import { configChecks } from '../checks/config-checks.ts';
import { matrixChecks } from '../checks/matrix-checks.ts';
import { skipSystem, systemChecks } from '../checks/system-checks.ts';
import { assetsCheck, bindingChecks, matchChecks, shapeChecks } from '../checks/wrangler-checks.ts';
import type { LoadedConfig } from '../config.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { listTable } from '../output.ts';
import { fillIn } from '../wrangler-config.ts';
import { readWrangler } from '../wrangler-file.ts';

/** Checks of wrangler.jsonc, and what the environment would be deployed with. */
async function wranglerChecks(
  { io, environment }: CommandContext,
  loaded: LoadedConfig | null,
): Promise<{ checks: Check[]; vars: Record<string, unknown>; migrationTags: string[] }> {
  const { name, isLocal } = environment;
  const file = await readWrangler(environment, io);
  if (!file.found) {
    const { reason, fix } = file;
    const check = isLocal ? skipped('wrangler.file', reason) : failed('wrangler.file', reason, fix);
    return { checks: [check], vars: {}, migrationTags: [] };
  }
  const { section, folder } = file;
  const where = isLocal ? '' : `env.${name}.`;
  const shape = [...bindingChecks(section, where), ...shapeChecks(section, where)];
  const migrationTags = section.migrations.map(({ tag }) => tag);
  // What is local has no ids of an account.
  if (isLocal || !loaded) return { checks: shape, vars: section.vars, migrationTags };
  const { config } = loaded;
  return {
    checks: [
      ...shape,
      ...matchChecks(section, config, where),
      await assetsCheck(folder, config.assetsDir),
    ],
    vars: fillIn(section, config).section.vars,
    migrationTags,
  };
}

/**
 * Every check of an environment: those that need no network first, then the system and the account,
 * which fill in the rest. A deploy does not ask the system, since it may be what mends it.
 */
export async function checkEnvironment(
  context: CommandContext,
  { offline = false, asksSystem = true }: { offline?: boolean; asksSystem?: boolean },
): Promise<Check[]> {
  const { io, environment, client } = context;
  const { name, isLocal } = environment;
  const { checks: ofConfig, loaded } = await configChecks(environment, io.cwd);
  const config = loaded?.config ?? null;
  const { checks: ofWrangler, vars, migrationTags } = await wranglerChecks(context, loaded);
  const reason = offline
    ? 'Not asked: --offline.'
    : isLocal
      ? 'local has no Cloudflare account.'
      : 'There is no config file that says which account it is.';
  const [system, cloud] = await Promise.all([
    offline || !asksSystem
      ? skipSystem(offline ? reason : 'Not asked: a deploy may be what mends it.')
      : systemChecks(client, { config, environment: name }),
    offline || isLocal || !config
      ? skipCloud(reason)
      : cloudChecks({ io, config, environment: name, migrationTags, vars }),
  ]);
  const ofMatrix = matrixChecks({
    isLocal,
    environment: name,
    vars,
    shell: io.env,
    config,
    workerSecrets: cloud.worker?.secrets ?? null,
    systemOk: system.ok,
    hasAdmin: system.hasAdmin,
  });
  return [...ofConfig, ...ofWrangler, ...ofMatrix, ...system.checks, ...cloud.checks];
}

/** The failed checks as one error, or null when there are none. */
export function failureOfChecks(checks: readonly Check[]): AppError | null {
  const broken = checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
  if (broken.length === 0) return null;
  return new AppError(
    'invalid_config',
    `${broken.length} of ${checks.length} checks failed: ${broken.join(', ')}.`,
    { hint: 'Each failed check names what mends it under fix.' },
  );
}

const validate = defineCommand({
  name: 'env validate',
  summary: 'Check config file, wrangler.jsonc, variables, the running system and the account',
  flags: [{ flag: '--offline', summary: 'Ask neither the system nor Cloudflare' }],
  examples: [
    'env validate',
    'env validate --env production --format table',
    'env validate --env staging --offline',
  ],
  input: z.object({ offline: z.boolean().default(false) }),
  async run({ offline }, context) {
    const checks = await checkEnvironment(context, { offline });
    const failure = failureOfChecks(checks);
    return {
      data: { ok: failure === null, environment: context.environment.name, checks },
      table: () => listTable(checks, ['name', 'status', 'message', 'fix']),
      ...(failure ? { failure } : {}),
    };
  },
});

export const envCommands: Command[] = [validate];
