import { z } from 'zod';
import { AGENT_SORTS, agentList, LIST_ORDERS } from '../../contract/agent-list.ts';
import { AGENT_STATES, tenantStatus } from '../../contract/agent.ts';
import { agentInspection, flushResult } from '../../contract/api.ts';
import { agentInput } from '../agent-options.ts';
import { agentPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { choice, FLAGS, pageInput, platformName, tier } from '../options.ts';
import { pageTable, recordTable } from '../output.ts';
import { agentLifeCommands } from './agent-life.ts';
import { agentStreamCommands } from './agent-streams.ts';

const list = defineCommand({
  name: 'agent list',
  summary: 'List agents as they last said of themselves; none is touched',
  flags: [
    { flag: '--state <state>', summary: `State: ${AGENT_STATES.join(', ')}` },
    { flag: '--status <status>', summary: `The tenant’s: ${tenantStatus.options.join(', ')}` },
    FLAGS.platform,
    FLAGS.tier,
    FLAGS.query,
    { flag: '--attention', summary: 'Only those that a person should look at' },
    { flag: '--sort <by>', summary: `Sort by ${AGENT_SORTS.join(', ')}` },
    { flag: '--order <order>', summary: LIST_ORDERS.join(' or ') },
    FLAGS.limit,
    FLAGS.cursor,
  ],
  examples: [
    'agent list --format table',
    'agent list --state failed --tier premium',
    'agent list --attention --sort since',
  ],
  input: pageInput.extend({
    state: choice(AGENT_STATES).optional(),
    status: choice(tenantStatus.options).optional(),
    attention: z.boolean().optional(),
    sort: choice(AGENT_SORTS).optional(),
    order: choice(LIST_ORDERS).optional(),
    platform: platformName.optional(),
    tier: tier.optional(),
    query: z.string().trim().max(100).optional(),
  }),
  run: async ({ query, ...asked }, context) => {
    const client = await context.client();
    const answer = await client.request({
      path: '/admin/api/agents',
      query: { ...asked, q: query },
      answer: agentList,
    });
    return {
      data: answer,
      table: () =>
        pageTable(
          answer.agents,
          ['slug', 'platform', 'tier', 'status', 'state', 'since', 'generation', 'tenantId'],
          answer.cursor,
        ),
    };
  },
});

const inspect = defineCommand({
  name: 'agent inspect',
  summary: 'Look at a tenant’s agent without waking it',
  flags: [FLAGS.tenantId],
  examples: ['agent inspect --tenant-id acme --format table'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const inspection = await client.request({ path: agentPath(tenantId), answer: agentInspection });
    return { data: inspection, table: () => recordTable(inspection) };
  },
});

const flush = defineCommand({
  name: 'agent flush',
  summary: 'Send an agent’s usage rows to D1 and take the active policy, now',
  flags: [FLAGS.tenantId],
  examples: ['agent flush --tenant-id acme'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const result = await client.request({
      method: 'POST',
      path: agentPath(tenantId, '/flush'),
      answer: flushResult,
    });
    return { data: result, table: () => recordTable(result) };
  },
});

export const agentCommands: Command[] = [
  list,
  inspect,
  ...agentStreamCommands,
  ...agentLifeCommands,
  flush,
];
