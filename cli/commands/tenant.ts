import { z } from 'zod';
import {
  createdTenant,
  createTenantBody,
  tenantList,
  tenantView,
  updatedTenant,
  type TenantView,
} from '../../contract/api.ts';
import { sandboxIdOf, slugSchema } from '../../contract/ids.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command, type CommandResult } from '../command.ts';
import { FLAGS, pageInput, platformName, tenantRef, tier } from '../options.ts';
import { listTable, recordTable } from '../output.ts';

function oneTenant(tenant: TenantView): CommandResult {
  return { data: tenant, table: () => recordTable(tenant) };
}

const create = defineCommand({
  name: 'tenant create',
  summary: 'Create a tenant and print its address and first invite',
  flags: [
    FLAGS.platform,
    FLAGS.tier,
    { flag: '--slug <slug>', summary: 'Name in the hostname; made up when not given' },
    { flag: '--region <region>', summary: 'Where the agent lives, such as weur or enam' },
    FLAGS.internet,
  ],
  examples: [
    'tenant create --platform streamkinetics.com --tier premium',
    'tenant create --platform streamkinetics.com --tier free --slug acme --region weur',
  ],
  input: z.object({
    platform: platformName,
    tier,
    slug: slugSchema.optional(),
    region: createTenantBody.shape.region,
    internet: z.boolean().optional(),
  }),
  run: async (body, context) => {
    const client = await context.client();
    const path = '/admin/api/tenants';
    return oneTenant(await client.request({ method: 'POST', path, body, answer: createdTenant }));
  },
});

const update = defineCommand({
  name: 'tenant update',
  summary: 'Change a tenant’s tier or internet access',
  flags: [FLAGS.tenantId, FLAGS.tier, FLAGS.internet],
  examples: [
    'tenant update --tenant-id 0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e --tier free',
    'tenant update --tenant-id acme --no-internet',
  ],
  input: z
    .object({ tenantId: tenantRef, tier: tier.optional(), internet: z.boolean().optional() })
    .refine((input) => input.tier !== undefined || input.internet !== undefined, {
      message: 'Nothing to change: give --tier, --internet or --no-internet.',
    }),
  run: async ({ tenantId, ...body }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId);
    return oneTenant(await client.request({ method: 'PATCH', path, body, answer: updatedTenant }));
  },
});

const list = defineCommand({
  name: 'tenant list',
  summary: 'List tenants with the state of their agents',
  flags: [FLAGS.limit, FLAGS.cursor, FLAGS.query],
  examples: ['tenant list --format table', 'tenant list --query acme --limit 10'],
  input: pageInput.extend({
    query: z.string().trim().max(100).optional(),
  }),
  run: async ({ limit, cursor, query }, context) => {
    const client = await context.client();
    const answer = await client.request({
      path: '/admin/api/tenants',
      query: { limit, cursor, q: query },
      answer: tenantList,
    });
    return {
      data: answer,
      table: () =>
        listTable(answer.tenants, [
          'slug',
          'platform',
          'tier',
          'status',
          'state',
          'id',
          'createdAt',
        ]),
    };
  },
});

const get = defineCommand({
  name: 'tenant get',
  args: '[id]',
  summary: 'Show one tenant, with its sandbox id',
  flags: [FLAGS.tenantId],
  examples: ['tenant get acme', 'tenant get --tenant-id 0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e'],
  input: z
    .object({ id: tenantRef.optional(), tenantId: tenantRef.optional() })
    .refine((input) => (input.id === undefined) !== (input.tenantId === undefined), {
      message: 'Name one tenant: its id or slug, or --tenant-id.',
    }),
  run: async ({ id, tenantId }, context) => {
    const client = await context.client();
    const tenant = await client.request({
      path: tenantPath(id ?? tenantId ?? ''),
      answer: tenantView,
    });
    return oneTenant({ ...tenant, sandboxId: sandboxIdOf(tenant.id) });
  },
});

export const tenantCommands: Command[] = [create, update, list, get];
