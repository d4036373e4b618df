import { z } from 'zod';
import { defineCommand, type Command } from '../command.ts';
import { FLAGS, platformName, tier, workload } from '../options.ts';
import { recordTable } from '../output.ts';

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
    const result = await (await context.client()).testRouting(body);
    return { data: result, table: () => recordTable(result) };
  },
});

export const routingCommands: Command[] = [test];
