import { z } from 'zod';
import { routingTestResult } from '../../contract/api.ts';
import { defineCommand, type Command } from '../command.ts';
import { FLAGS, platformName, tier, workload } from '../options.ts';
import { recordTable } from '../output.ts';

/** Time for a routing test, ms: a real call may wait out two first-byte timeouts of 120 s. */
const ROUTING_TEST_TIMEOUT_MS = 300_000;

const test = defineCommand({
  name: 'routing test',
  summary: 'Make one real model call and show the route it took',
  flags: [FLAGS.tier, FLAGS.platform, FLAGS.workload],
  examples: [
    'routing test --tier premium',
    'routing test --tier free --platform streamkinetics.com --workload summarize',
  ],
  input: z.object({ tier, platform: platformName.optional(), workload: workload.default('chat') }),
  run: async (body, context) => {
    const client = await context.client();
    const result = await client.request({
      method: 'POST',
      path: '/admin/api/routing/test',
      body,
      answer: routingTestResult,
      timeoutMs: ROUTING_TEST_TIMEOUT_MS,
    });
    return { data: result, table: () => recordTable(result) };
  },
});

export const routingCommands: Command[] = [test];
