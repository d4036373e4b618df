import { z } from 'zod';
import { createTenantBody, type TenantView } from '../../contract/api.ts';
import { sandboxIdOf, slugSchema } from '../../contract/ids.ts';
import { defineCommand, type Command, type CommandResult } from '../command.ts';
import { FLAGS, pageSize, platformName, tenantRef, tier } from '../options.ts';
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
  run: async (body, context) => oneTenant(await (await context.client()).createTenant(body)),
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
  run: async ({ tenantId, ...body }, context) =>
    oneTenant(await (await context.client()).updateTenant(tenantId, body)),
});

const list = defineCommand({
  name: 'tenant list',
  summary: 'List tenants with the state of their agents',
  flags: [
    { flag: '--limit <n>', summary: 'Tenants in one answer, 1 to 200 (50)' },
    { flag: '--cursor <cursor>', summary: 'Where the answer before ended' },
    { flag: '--query <text>', summary: 'Only tenants that match' },
  ],
  examples: ['tenant list --format table', 'tenant list --query acme --limit 10'],
  input: z.object({
    limit: pageSize.optional(),
    cursor: z.string().max(200).optional(),
    query: z.string().trim().max(100).optional(),
  }),
  run: async ({ limit, cursor, query }, context) => {
    const answer = await (await context.client()).listTenants({ limit, cursor, q: query });
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
    const tenant = await (await context.client()).getTenant(id ?? tenantId ?? '');
    return oneTenant({ ...tenant, sandboxId: sandboxIdOf(tenant.id) });
  },
});

export const tenantCommands: Command[] = [create, update, list, get];
