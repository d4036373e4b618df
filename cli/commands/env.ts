import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { failed, skipped, type Check } from '../checks/check.ts';
import { configChecks } from '../checks/config-checks.ts';
import { matrixChecks } from '../checks/matrix-checks.ts';
import { systemChecks } from '../checks/system-checks.ts';
import { bindingChecks, matchChecks } from '../checks/wrangler-checks.ts';
import { readWrangler } from '../checks/wrangler.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { listTable } from '../output.ts';

async function allChecks({ io, environment, client }: CommandContext): Promise<Check[]> {
  const { name, isLocal } = environment;
  const [{ checks: ofConfig, loaded }, wrangler, system] = await Promise.all([
    configChecks(environment, io.cwd),
    readWrangler(environment, io.cwd),
    systemChecks(client),
  ]);
  const where = isLocal ? '' : `env.${name}.`;
  const ofWrangler = wrangler.found
    ? [
        ...bindingChecks(wrangler.section, where),
        ...(loaded ? matchChecks(wrangler.section, loaded.config, where) : []),
      ]
    : [
        isLocal
          ? skipped('wrangler.file', wrangler.reason)
          : failed('wrangler.file', wrangler.reason, wrangler.fix),
      ];
  const ofMatrix = matrixChecks({
    isLocal,
    environment: name,
    vars: wrangler.found ? wrangler.section.vars : {},
    shell: io.env,
    config: loaded?.config ?? null,
    systemOk: system.ok,
  });
  return [...ofConfig, ...ofWrangler, ...ofMatrix, ...system.checks];
}

const validate = defineCommand({
  name: 'env validate',
  summary: 'Check config file, wrangler.jsonc, variables and the running system',
  flags: [],
  examples: ['env validate', 'env validate --env production --format table'],
  input: z.object({}),
  async run(_, context) {
    const checks = await allChecks(context);
    const broken = checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
    const failure =
      broken.length === 0
        ? undefined
        : new AppError(
            'invalid_config',
            `${broken.length} of ${checks.length} checks failed: ${broken.join(', ')}.`,
            { hint: 'Each failed check names what mends it under fix.' },
          );
    return {
      data: { ok: broken.length === 0, environment: context.environment.name, checks },
      table: () => listTable(checks, ['name', 'status', 'message', 'fix']),
      failure,
    };
  },
});

export const envCommands: Command[] = [validate];
