import { z } from 'zod';
import {
  apiKeyList,
  apiKeyView,
  createApiKeyBody,
  createdApiKey,
} from '../../contract/api-keys.ts';
import { ulidSchema } from '../../contract/ids.ts';
import { WORKLOADS } from '../../contract/tiers.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { duration, FLAGS, tenantRef, workload, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';

const list = defineCommand({
  name: 'key list',
  summary: 'List the API keys of a tenant, without the keys themselves',
  flags: [FLAGS.tenantId],
  examples: ['key list --tenant-id acme --format table'],
  input: z.object({ tenantId: tenantRef }),
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const answer = await client.request({
      path: tenantPath(tenantId, '/keys'),
      answer: apiKeyList,
    });
    const columns = ['id', 'name', 'workloads', 'state', 'createdBy', 'createdAt'] as const;
    const times = ['expiresAt', 'lastUsedAt'] as const;
    return { data: answer, table: () => listTable(answer.keys, [...columns, ...times]) };
  },
});

/** `chat,monitor` as workloads. */
const workloads = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(workload));

const create = defineCommand({
  name: 'key create',
  summary: 'Make an API key for a program; it is printed this once',
  flags: [
    FLAGS.tenantId,
    FLAGS.name,
    {
      flag: '--workloads <workloads>',
      summary: `What its calls may be: ${WORKLOADS.join(',')}, which is all, or fewer`,
    },
    FLAGS.expiresIn,
  ],
  examples: [
    'key create --tenant-id acme --name ci',
    'key create --tenant-id acme --name ci --workloads chat,summarize --expires-in 30d',
  ],
  input: z.object({
    tenantId: tenantRef,
    name: createApiKeyBody.shape.name,
    workloads: workloads.optional(),
    expiresIn: duration.pipe(createApiKeyBody.shape.expiresInS.unwrap().unwrap()).optional(),
  }),
  run: async ({ tenantId, expiresIn: expiresInS, ...rest }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/keys');
    const body = { ...rest, expiresInS };
    const made = await client.request({ method: 'POST', path, body, answer: createdApiKey });
    context.progress.note('Keep the key now: it is not shown again.');
    return { data: made, table: () => recordTable(made) };
  },
});

const revoke = defineCommand({
  name: 'key revoke',
  args: '<id>',
  summary: 'End an API key; it holds at the next request',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['key revoke 01JDZZZZZZZZZZZZZZZZZZZZZZ --tenant-id acme --yes'],
  input: z.object({ id: ulidSchema, tenantId: tenantRef, yes }),
  run: async ({ id, tenantId, yes }, context) => {
    await confirm(context.io, { what: `Revoke API key ${id} of ${tenantId}`, yes });
    const client = await context.client();
    const path = tenantPath(tenantId, `/keys/${id}`);
    const revoked = await client.request({ method: 'DELETE', path, answer: apiKeyView });
    return { data: revoked, table: () => recordTable(revoked) };
  },
});

export const keyCommands: Command[] = [list, create, revoke];
