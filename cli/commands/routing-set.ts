import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import type { CatalogModel } from '../../contract/models.ts';
import { WORKLOADS } from '../../contract/tiers.ts';
import { diffPolicies } from '../../contract/policy.ts';
import { describeRule, modelName, policyRule } from '../../contract/policy-rule.ts';
import {
  activePolicyView,
  createdPolicy,
  createPolicyBody,
  modelList,
  POLICY_IN_FORCE_WITHIN_S,
  policyList,
  type CreatedPolicy,
} from '../../contract/routing.ts';
import type { Client } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { didYouMean } from '../did-you-mean.ts';
import { AnsweredError } from '../errors.ts';
import { FLAGS, platformName, tier } from '../options.ts';
import type { Table } from '../output.ts';
import { changeRule, overridesOf, type RuleChange } from '../policy-change.ts';
import { routeTable } from '../route-table.ts';
import { ROUTING } from './routing.ts';

/** Longest note that the system keeps, in characters. */
const MAX_NOTE_CHARS = 500;
const SUBJECT = ['tier', 'platform', 'workload'] as const;
/** What `--fallback` takes for no fallback. */
const NONE = 'none';
/** What `--workload` takes for every workload. */
const ANY = 'any';

const whole = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number')
  .transform(Number);

/** Throws for a model that can't be asked, with the one to take instead. */
function refuseUnaskable(id: string, catalog: readonly CatalogModel[]): void {
  const model = catalog.find((one) => one.id === id);
  if (!model) {
    const askable = catalog.filter((one) => one.retiredSince === null).map((one) => one.id);
    throw new AppError('model_not_found', `${id} is not in the model catalog.`, {
      hint: didYouMean(id, askable) ?? `There are: ${askable.join(', ')}.`,
    });
  }
  if (model.retiredSince === null) return;
  const { successor } = model;
  throw new AppError('invalid_policy', `${id} was retired on ${model.retiredSince}.`, {
    hint: successor === null ? undefined : `Use ${successor}.`,
  });
}

/**
 * The policy in force and the newest version. The newest is read first: what is stored after that is
 * then a conflict, and never overwritten.
 */
async function readPolicies(client: Client) {
  const path = `${ROUTING}/policies`;
  const newest = await client.request({ path, query: { limit: 1 }, answer: policyList });
  const active = await client.request({ path: `${path}/active`, answer: activePolicyView });
  const { models } = await client.request({ path: `${ROUTING}/models`, answer: modelList });
  return { active, models, basedOn: newest.policies[0]?.version ?? active.version };
}

async function store(client: Client, body: z.input<typeof createPolicyBody>) {
  try {
    const path = `${ROUTING}/policies`;
    return await client.request({ method: 'POST', path, body, answer: createdPolicy });
  } catch (error) {
    if (!(error instanceof AnsweredError) || error.body.code !== 'conflict') throw error;
    const hint = 'Look at it with skclaw routing versions, then run the command again.';
    throw new AnsweredError(error.status, { ...error.body, hint });
  }
}

type Policies = Awaited<ReturnType<typeof readPolicies>>;

/** What people should know of a version that was stored: none of it kept it from being made. */
function remarks(
  { version, warnings }: CreatedPolicy,
  { active, basedOn }: Policies,
  { rules, index, notes }: RuleChange,
): string[] {
  const passedOver = `Policy ${basedOn} was stored but is not in force: ${version} has none of its changes.`;
  return [
    ...notes,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...overridesOf(rules, index),
    ...(basedOn === active.version ? [] : [passedOver]),
  ];
}

/** Gives a tier, platform or workload another model; a first deploy does it too. */
export const routingSet = defineCommand({
  name: 'routing set',
  summary: 'Give a tier, platform or workload another model, as a new version of the policy',
  flags: [
    FLAGS.tier,
    FLAGS.platform,
    {
      flag: '--workload <workload>',
      summary: `Workload: ${WORKLOADS.join(', ')}, or ${ANY} for all that no rule names (chat)`,
    },
    { flag: '--default', summary: 'The rule for what no other rule is about' },
    { flag: '--model <model>', summary: 'Model that answers' },
    { flag: '--fallback <model>', summary: `Model to ask when it fails; ${NONE} for none` },
    { flag: '--max-output-tokens <n>', summary: 'Longest answer' },
    { flag: '--first-byte-timeout-ms <n>', summary: 'When the fallback is asked' },
    { flag: '--note <text>', summary: 'Why, for whoever reads the versions' },
    { flag: '--no-activate', summary: 'Only store the new version' },
  ],
  examples: [
    'routing set --tier premium --model @cf/meta/llama-3.3-70b-instruct-fp8-fast',
    'routing set --tier free --workload chat --model @cf/zai-org/glm-4.7-flash --fallback none',
    'routing set --default --model @cf/zai-org/glm-4.7-flash --no-activate --format table',
  ],
  input: z
    .object({
      tier: tier.optional(),
      platform: platformName.optional(),
      workload: z
        .enum([...WORKLOADS, ANY], {
          error: `must be one of ${[...WORKLOADS, ANY].join(', ')}`,
        })
        .optional(),
      default: z.boolean().default(false),
      model: modelName,
      fallback: modelName.optional(),
      maxOutputTokens: whole.pipe(policyRule.shape.maxOutputTokens).optional(),
      firstByteTimeoutMs: whole.pipe(policyRule.shape.firstByteTimeoutMs).optional(),
      note: createPolicyBody.shape.note.optional(),
      activate: z.boolean().default(true),
    })
    .refine((input) => input.default === SUBJECT.every((name) => input[name] === undefined), {
      message: 'Say what it is for: --tier, --platform or --workload, or --default alone.',
    }),
  run: async (input, context) => {
    const { tier, platform, model, maxOutputTokens, firstByteTimeoutMs } = input;
    const { activate } = input;
    const say = (line: string): void => context.progress.note(line);
    const client = await context.client();
    const policies = await readPolicies(client);
    const { active, models: catalog, basedOn } = policies;
    const fallback = input.fallback === NONE ? null : input.fallback;
    for (const id of [model, fallback]) if (id) refuseUnaskable(id, catalog);
    // A tier's model is the one that it chats with, as in `routing test`.
    const given = input.workload ?? (input.default ? ANY : 'chat');
    const workload = given === ANY ? undefined : given;
    const subject = { tier, platform, workload };
    const wish = { model, fallback, maxOutputTokens, firstByteTimeoutMs };
    const change = changeRule(active, { subject, wish, catalog });
    const { rules, rule, changed } = change;
    const diff = diffPolicies(active, { version: basedOn + 1, rules });
    const table = (): Table => routeTable(diff);
    if (!changed) {
      const { version } = active;
      say(`Nothing to change: policy ${version} says so already. No version was made.`);
      return { data: { changed, version, active: true, rule, warnings: [], diff }, table };
    }
    const what = `${describeRule(rule)}: ${rule.model}, fallback ${rule.fallback ?? NONE}`;
    const note = input.note ?? what.slice(0, MAX_NOTE_CHARS);
    const stored = await store(client, { rules, note, basedOn, activate });
    for (const line of remarks(stored, policies, change)) say(line);
    const { version, warnings } = stored;
    say(
      activate
        ? `Policy ${version} is in force within ${POLICY_IN_FORCE_WITHIN_S} s.`
        : `Policy ${version} is stored; skclaw routing activate ${version} puts it in force.`,
    );
    return { data: { changed, version, active: stored.active, rule, warnings, diff }, table };
  },
});

export const routingSetCommands: Command[] = [routingSet];
