import { z } from 'zod';
import { tenantStatus } from '../../contract/agent.ts';
import {
  createdTenant,
  createTenantBody,
  tenantList,
  tenantView,
  updatedTenant,
} from '../../contract/api.ts';
import { sandboxIdOf, slugSchema } from '../../contract/ids.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { LIMIT_NAMES, limitsOption } from '../limits-option.ts';
import {
  choice,
  FLAGS,
  namedTenant,
  namesOneTenant,
  ONE_TENANT,
  pageInput,
  platformName,
  tenantShape,
  tier,
} from '../options.ts';
import { pageTable } from '../output.ts';
import { changedTenant, oneTenant } from '../tenant-answer.ts';

const STATUSES = tenantStatus.options;

/** What an update may name. */
const CHANGES = ['tier', 'internet', 'limits'] as const;

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
    const created = await client.request({ method: 'POST', path, body, answer: createdTenant });
    return changedTenant(created, context);
  },
});

const update = defineCommand({
  name: 'tenant update',
  args: '[id]',
  summary: 'Change a tenant’s tier, internet access or own limits',
  flags: [
    FLAGS.tenantId,
    FLAGS.tier,
    FLAGS.internet,
    {
      flag: '--limits <name=value,…>',
      summary: `Own limits; the value default gives one back to the tier. Names: ${LIMIT_NAMES}`,
    },
  ],
  examples: [
    'tenant update --tenant-id 0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e --tier free',
    'tenant update acme --no-internet',
    'tenant update acme --limits maxSessions=50,maxNanoPerMonth=20000000000,maxSchedules=default',
  ],
  input: z
    .object({
      ...tenantShape,
      tier: tier.optional(),
      internet: z.boolean().optional(),
      limits: limitsOption.optional(),
    })
    .refine(namesOneTenant, ONE_TENANT)
    .refine((input) => CHANGES.some((name) => input[name] !== undefined), {
      message: 'Nothing to change: give --tier, --internet, --no-internet or --limits.',
    }),
  run: async ({ id, tenantId, ...body }, context) => {
    const client = await context.client();
    const path = tenantPath(namedTenant({ id, tenantId }));
    const updated = await client.request({ method: 'PATCH', path, body, answer: updatedTenant });
    return changedTenant(updated, context);
  },
});

const list = defineCommand({
  name: 'tenant list',
  summary: 'List tenants with the state of their agents',
  flags: [
    FLAGS.limit,
    FLAGS.cursor,
    FLAGS.query,
    {
      flag: '--status <status>',
      summary: `Only these; else all but deleted ones: ${STATUSES.join(', ')}`,
    },
  ],
  examples: [
    'tenant list --format table',
    'tenant list --query acme --limit 10',
    'tenant list --status suspended',
  ],
  input: pageInput.extend({
    query: z.string().trim().max(100).optional(),
    status: choice(STATUSES).optional(),
  }),
  run: async ({ limit, cursor, query, status }, context) => {
    const client = await context.client();
    const answer = await client.request({
      path: '/admin/api/tenants',
      query: { limit, cursor, q: query, status },
      answer: tenantList,
    });
    const columns = ['slug', 'platform', 'tier', 'status', 'state', 'id', 'createdAt'] as const;
    return { data: answer, table: () => pageTable(answer.tenants, columns, answer.cursor) };
  },
});

const get = defineCommand({
  name: 'tenant get',
  args: '[id]',
  summary: 'Show one tenant, with its sandbox id',
  flags: [FLAGS.tenantId],
  examples: ['tenant get acme', 'tenant get --tenant-id 0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e'],
  input: z.object(tenantShape).refine(namesOneTenant, ONE_TENANT),
  run: async (input, context) => {
    const client = await context.client();
    const tenant = await client.request({
      path: tenantPath(namedTenant(input)),
      answer: tenantView,
    });
    return oneTenant({ ...tenant, sandboxId: sandboxIdOf(tenant.id) });
  },
});

export const tenantCommands: Command[] = [create, update, list, get];
