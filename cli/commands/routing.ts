import { z } from 'zod';
import { routingTestResult } from '../../contract/api.ts';
import { AppError } from '../../contract/errors.ts';
import {
  activePolicyView,
  policyActivation,
  policyDiff,
  policyList,
  routeExplanation,
} from '../../contract/routing.ts';
import type { Client } from '../client.ts';
import { defineCommand, type Command, type CommandResult } from '../command.ts';
import { FLAGS, pageInput, platformName, tier, workload } from '../options.ts';
import { listTable, pageTable, recordTable } from '../output.ts';
import { routeTable } from '../route-table.ts';

/** Where policies and routes lie in the operators' API. */
export const ROUTING = '/admin/api/routing';
/** Time for a routing test, ms: a real call may wait out two first-byte timeouts of 120 s. */
const ROUTING_TEST_TIMEOUT_MS = 300_000;

/** The number of a stored policy. */
const version = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be the number of a version')
  .transform(Number);

/** What a rule is about where it says nothing. */
const ANY = { tier: 'any', platform: 'any', workload: 'any' };

const list = defineCommand({
  name: 'routing list',
  summary: 'Show the rules of the policy in force',
  flags: [],
  examples: ['routing list --format table'],
  input: z.object({}),
  run: async (_, context) => {
    const client = await context.client();
    const path = `${ROUTING}/policies/active`;
    const policy = await client.request({ path, answer: activePolicyView });
    const rows = policy.rules.map((rule, index) => ({
      ...ANY,
      ...rule,
      rule: index + 1,
    }));
    return {
      data: policy,
      table: () =>
        listTable(rows, [
          'rule',
          'tier',
          'platform',
          'workload',
          'model',
          'fallback',
          'firstByteTimeoutMs',
          'maxOutputTokens',
        ]),
    };
  },
});

const versions = defineCommand({
  name: 'routing versions',
  summary: 'List the stored policies, the newest first',
  flags: [FLAGS.limit, FLAGS.cursor],
  examples: ['routing versions --format table', 'routing versions --limit 10 --cursor 12'],
  input: pageInput,
  run: async (query, context) => {
    const client = await context.client();
    const path = `${ROUTING}/policies`;
    const answer = await client.request({ path, query, answer: policyList });
    const columns = ['version', 'active', 'ruleCount', 'author', 'note', 'createdAt'] as const;
    return { data: answer, table: () => pageTable(answer.policies, columns, answer.cursor) };
  },
});

const diff = defineCommand({
  name: 'routing diff',
  args: '<from> <to>',
  summary: 'Show what changes from one version to another: rules, and who gets which model',
  flags: [],
  examples: ['routing diff 1 2 --format table'],
  input: z.object({ from: version, to: version }),
  run: async ({ from, to }, context) => {
    const client = await context.client();
    const path = `${ROUTING}/policies/${to}/diff`;
    const answer = await client.request({ path, query: { from }, answer: policyDiff });
    return { data: answer, table: () => routeTable(answer) };
  },
});

const activate = defineCommand({
  name: 'routing activate',
  args: '<version>',
  summary: 'Put a stored version in force, an older one too',
  flags: [],
  examples: ['routing activate 1'],
  input: z.object({ version }),
  run: async (input, context) => {
    const client = await context.client();
    const path = `${ROUTING}/policies/${input.version}/activate`;
    const done = await client.request({ method: 'POST', path, answer: policyActivation });
    context.progress.note(`Policy ${done.version} is in force within ${done.inForceWithinS} s.`);
    return { data: done, table: () => recordTable(done) };
  },
});

/** The route by the policy in force, from the function that every model call asks; no model is called. */
async function explain(client: Client, body: object): Promise<CommandResult> {
  const answer = await client.request({
    method: 'POST',
    path: `${ROUTING}/explain`,
    body,
    answer: routeExplanation,
  });
  const failure = answer.ok ? undefined : new AppError('not_configured', answer.message);
  return { data: answer, table: () => recordTable(answer), failure };
}

const test = defineCommand({
  name: 'routing test',
  summary: 'Make one real model call and show the route it took',
  flags: [
    FLAGS.tier,
    FLAGS.platform,
    FLAGS.workload,
    { flag: '--dry-run', summary: 'Only show the route and why: no model is called' },
  ],
  examples: [
    'routing test --tier premium',
    'routing test --tier free --platform streamkinetics.com --workload summarize',
    'routing test --tier premium --dry-run',
  ],
  input: z.object({
    tier,
    platform: platformName.optional(),
    workload: workload.default('chat'),
    dryRun: z.boolean().default(false),
  }),
  run: async ({ dryRun, ...body }, context) => {
    const client = await context.client();
    if (dryRun) return explain(client, body);
    const result = await client.request({
      method: 'POST',
      path: `${ROUTING}/test`,
      body,
      answer: routingTestResult,
      timeoutMs: ROUTING_TEST_TIMEOUT_MS,
    });
    return { data: result, table: () => recordTable(result) };
  },
});

export const routingCommands: Command[] = [list, versions, diff, activate, test];
