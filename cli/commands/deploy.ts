import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { openCloud, tokenOf, type Cloud } from '../cloud/client.ts';
import {
  defineCommand,
  type Command,
  type CommandContext,
  type CommandResult,
} from '../command.ts';
import { confirm } from '../confirm.ts';
import { applyPlan } from '../deploy/apply.ts';
import { PUSHED_IMAGE } from '../deploy/image.ts';
import { planDeploy, type DeployPlan } from '../deploy/plan.ts';
import { factsOf, prepareDeploy, type Prepared } from '../deploy/prepare.ts';
import { createPrograms } from '../deploy/programs.ts';
import { deployRun } from '../deploy/runners.ts';
import { readServing, type ServingNow } from '../deploy/serving.ts';
import { FLAGS, yes } from '../options.ts';
import { listTable } from '../output.ts';
import { requireConfig } from '../require-config.ts';
import { checkEnvironment, failureOfChecks } from './env.ts';
import { routingSet } from './routing-set.ts';

function printedPlan(plan: DeployPlan) {
  return {
    data: { plan },
    table: () => listTable(plan.steps, ['name', 'summary', 'does', 'onFailure']),
  };
}

const deploy = defineCommand({
  name: 'deploy',
  summary: 'Release this checkout, and go back by itself when the new version fails',
  flags: [
    { flag: '--dry-run', summary: 'Print the plan and change nothing' },
    { flag: '--offline', summary: 'With --dry-run: ask nobody what serves now' },
    {
      flag: '--image <image>',
      summary: 'An agents’ image that was pushed before, by digest, in place of a new one',
    },
    {
      flag: '--wake',
      summary: 'Whether the smoke test wakes an agent of its own (--no-wake: not)',
      negatable: true,
    },
    FLAGS.yes,
  ],
  examples: ['deploy --env production', 'deploy --env production --dry-run --format table'],
  input: z.object({
    dryRun: z.boolean().default(false),
    offline: z.boolean().default(false),
    image: z
      .string()
      .regex(PUSHED_IMAGE, 'must be registry.cloudflare.com/<account>/<name>@sha256:<digest>')
      .optional(),
    wake: z.boolean().default(true),
    yes,
  }),
  async run({ dryRun, offline, image = null, wake, yes: isConfirmed }, context) {
    if (offline && !dryRun) {
      throw new AppError('invalid_usage', '--offline only goes with --dry-run.');
    }
    const { io, environment } = context;
    const config = await requireConfig(environment, 'A deploy goes to a Worker at Cloudflare');
    const prepared = await prepareDeploy(io, { environment, config });
    // Without a token nobody can be asked; the plan then says what it depends on.
    const asks = !dryRun || (!offline && tokenOf(io.env, 'CLOUDFLARE_API_TOKEN') !== null);
    const cloud = asks ? await openCloud(io) : null;
    const serving = cloud ? await readServing(cloud, config) : null;
    const plan = planDeploy(factsOf(prepared, { serving, image, wakes: wake }));
    if (dryRun || !cloud || !serving) return printedPlan(plan);
    if (plan.mode === 'whole' && plan.previousVersion !== null) {
      await confirm(io, { what: `${plan.reason} Release it`, yes: isConfirmed });
    }
    return release(context, { plan, prepared, cloud, serving, image, wakes: wake });
  },
});

/** Does what the plan says. */
async function release(
  context: CommandContext,
  options: {
    plan: DeployPlan;
    prepared: Prepared;
    cloud: Cloud;
    serving: ServingNow;
    image: string | null;
    wakes: boolean;
  },
): Promise<CommandResult> {
  const { io, progress } = context;
  const { plan, prepared, cloud, serving, image, wakes } = options;
  const { config, root, platform } = prepared;
  const client = await context.client();
  const run = deployRun({
    io,
    prepared,
    serving,
    image,
    wakes,
    client,
    programs: createPrograms(io, { root, accountId: config.accountId }),
    edge: {
      platform,
      workerName: config.workerName,
      teamDomain: config.accessTeamDomain ?? null,
      accessHeaders: client.target.headers,
    },
    readServing: () => readServing(cloud, config),
    async routeTier(tier, model) {
      await routingSet.execute({ tier, model }, context);
    },
    async validate() {
      const asksSystem = plan.previousVersion !== null;
      const all = await checkEnvironment(context, { asksSystem });
      // What runs may be broken, and this deploy what mends it.
      const checks = all.filter(
        ({ name }) => !/^(?:system|routing)\.|^env\.ACCESS_ADMINS$/.test(name) || !asksSystem,
      );
      const failure = failureOfChecks(checks);
      if (failure) throw failure;
      return checks.filter(({ status }) => status === 'passed').length;
    },
  });
  const { report, failure } = await applyPlan(io, progress, { plan, ...run });
  return {
    data: report,
    table: () => listTable(report.steps, ['name', 'status', 'ms', 'message']),
    ...(failure ? { failure } : {}),
  };
}

export const deployCommands: Command[] = [deploy];
