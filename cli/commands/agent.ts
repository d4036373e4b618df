import { z } from 'zod';
import { agentStatus } from '../../contract/agent.ts';
import { agentInspection, flushResult } from '../../contract/api.ts';
import { agentPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { FLAGS, tenantRef } from '../options.ts';
import { recordTable } from '../output.ts';

const input = z.object({ tenantId: tenantRef });

const inspect = defineCommand({
  name: 'agent inspect',
  summary: 'Look at a tenant’s agent without waking it',
  flags: [FLAGS.tenantId],
  examples: ['agent inspect --tenant-id acme --format table'],
  input,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const inspection = await client.request({ path: agentPath(tenantId), answer: agentInspection });
    return { data: inspection, table: () => recordTable(inspection) };
  },
});

const wake = defineCommand({
  name: 'agent wake',
  summary: 'Start waking a tenant’s agent',
  flags: [FLAGS.tenantId],
  examples: ['agent wake --tenant-id acme'],
  input,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const status = await client.request({
      method: 'POST',
      path: agentPath(tenantId, '/wake'),
      answer: agentStatus,
    });
    return { data: status, table: () => recordTable(status) };
  },
});

const sleep = defineCommand({
  name: 'agent sleep',
  summary: 'Let a tenant’s agent fall asleep, its state saved first',
  flags: [
    FLAGS.tenantId,
    { flag: '--force', summary: 'Also when its state can’t be saved: what is unsaved is lost' },
  ],
  examples: ['agent sleep --tenant-id acme', 'agent sleep --tenant-id acme --force'],
  input: input.extend({ force: z.boolean().default(false) }),
  run: async ({ tenantId, force }, context) => {
    const client = await context.client();
    const status = await client.request({
      method: 'POST',
      path: agentPath(tenantId, '/sleep'),
      body: { force },
      answer: agentStatus,
    });
    return { data: status, table: () => recordTable(status) };
  },
});

const flush = defineCommand({
  name: 'agent flush',
  summary: 'Send an agent’s usage rows to D1 now',
  flags: [FLAGS.tenantId],
  examples: ['agent flush --tenant-id acme'],
  input,
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

export const agentCommands: Command[] = [inspect, wake, sleep, flush];
