import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { failed, skipped, type Check } from '../checks/check.ts';
import { configChecks } from '../checks/config-checks.ts';
import { matrixChecks } from '../checks/matrix-checks.ts';
import { systemChecks } from '../checks/system-checks.ts';
import { assetsCheck, bindingChecks, matchChecks, shapeChecks } from '../checks/wrangler-checks.ts';
import type { LoadedConfig } from '../config.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { listTable } from '../output.ts';
import { fillIn } from '../wrangler-config.ts';
import { readWrangler } from '../wrangler-file.ts';

/** Checks of wrangler.jsonc, and the vars that the environment would be deployed with. */
async function wranglerChecks(
  { io, environment }: CommandContext,
  loaded: LoadedConfig | null,
): Promise<{ checks: Check[]; vars: Record<string, unknown> }> {
  const { name, isLocal } = environment;
  const file = await readWrangler(environment, io.cwd);
  if (!file.found) {
    const { reason, fix } = file;
    const check = isLocal ? skipped('wrangler.file', reason) : failed('wrangler.file', reason, fix);
    return { checks: [check], vars: {} };
  }
  const { section, folder } = file;
  const where = isLocal ? '' : `env.${name}.`;
  const shape = [...bindingChecks(section, where), ...shapeChecks(section, where)];
  // What is local has no ids of an account.
  if (isLocal || !loaded) return { checks: shape, vars: section.vars };
  const { config } = loaded;
  return {
    checks: [
      ...shape,
      ...matchChecks(section, config, where),
      await assetsCheck(folder, config.assetsDir),
    ],
    vars: fillIn(section, config).section.vars,
  };
}

/**
 * Every check of an environment. Without `system` the running one is not asked: a deploy may be what
 * mends it.
 */
export async function checkEnvironment(
  context: CommandContext,
  { system: asksSystem }: { system: boolean },
): Promise<Check[]> {
  const { io, environment, client } = context;
  const { name, isLocal } = environment;
  const { checks: ofConfig, loaded } = await configChecks(environment, io.cwd);
  const [wrangler, system] = await Promise.all([
    wranglerChecks(context, loaded),
    asksSystem ? systemChecks(client) : { checks: [], ok: false },
  ]);
  const ofMatrix = matrixChecks({
    isLocal,
    environment: name,
    vars: wrangler.vars,
    shell: io.env,
    config: loaded?.config ?? null,
    systemOk: system.ok,
  });
  return [...ofConfig, ...wrangler.checks, ...ofMatrix, ...system.checks];
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
  summary: 'Check config file, wrangler.jsonc, variables and the running system',
  flags: [],
  examples: ['env validate', 'env validate --env production --format table'],
  input: z.object({}),
  async run(_, context) {
    const checks = await checkEnvironment(context, { system: true });
    const failure = failureOfChecks(checks);
    return {
      data: { ok: failure === null, environment: context.environment.name, checks },
      table: () => listTable(checks, ['name', 'status', 'message', 'fix']),
      ...(failure ? { failure } : {}),
    };
  },
});

export const envCommands: Command[] = [validate];
