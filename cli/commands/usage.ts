import { z } from 'zod';
import { usageList } from '../../contract/api.ts';
import { usageGrouping, usageReport } from '../../contract/usage-report.ts';
import type { UsageSums } from '../../contract/usage.ts';
import { tenantPath, type Client } from '../client.ts';
import { defineCommand, type Command, type CommandResult } from '../command.ts';
import { choice, day, FLAGS, pageInput, platformName, tenantRef, workload } from '../options.ts';
import { cell, nextPage, type Table } from '../output.ts';

const GROUPINGS = usageGrouping.options;
const SUMS = ['attempts', 'failures', 'tokensIn', 'tokensOut', 'tokensCached', 'costNano'] as const;
const ROW = [
  'created_at',
  'model',
  'workload',
  'tokens_in',
  'tokens_out',
  'cost_nano',
  'outcome',
  'settled_by',
  'id',
] as const;

/** What chooses among sums, and rows have no choice by. */
const SELECTING = ['by', 'model', 'workload', 'platform'] as const;

function sumRow(key: string, sums: UsageSums): string[] {
  return [key, ...SUMS.map((name) => cell(sums[name], name))];
}

const heading = (name: string): string => name.replace(/(?:Nano|_nano)$/, '');

const input = pageInput
  .extend({
    tenantId: tenantRef.optional(),
    from: day.optional(),
    to: day.optional(),
    by: choice(GROUPINGS).optional(),
    model: z.string().min(1).max(253).optional(),
    workload: workload.optional(),
    platform: platformName.optional(),
    rows: z.boolean().default(false),
  })
  .refine(({ rows, tenantId }) => !rows || tenantId !== undefined, {
    message: '--rows wants --tenant-id.',
  })
  .refine(({ rows, limit, cursor }) => rows || (limit ?? cursor) === undefined, {
    message: '--limit and --cursor go with --rows.',
  })
  .refine((given) => !given.rows || SELECTING.every((name) => given[name] === undefined), {
    message: '--rows goes without --by, --model, --workload and --platform.',
  });
type Input = z.infer<typeof input>;

/** Every booked attempt of one tenant, the newest first. */
async function rowsOf(client: Client, tenant: string, query: object): Promise<CommandResult> {
  const path = tenantPath(tenant, '/usage');
  const answer = await client.request({ path, query: { ...query }, answer: usageList });
  const { attempts, costNano } = answer.totals;
  const sums = `${attempts} attempts cost ${cell(costNano, 'costNano')} together.`;
  const table = (): Table => ({
    columns: ROW.map(heading),
    rows: answer.rows.map((row) => ROW.map((name) => cell(row[name], name))),
    note: [sums, nextPage(answer.cursor)].filter(Boolean).join(' '),
  });
  return { data: answer, table };
}

async function sumsOf(
  client: Client,
  { tenantId: tenant, ...given }: Input,
): Promise<CommandResult> {
  const { from, to, by, model, workload, platform } = given;
  const query = { tenant, from, to, by, model, workload, platform };
  const report = await client.request({ path: '/admin/api/usage', query, answer: usageReport });
  const { groups, totals, system, more } = report;
  const table = (): Table => ({
    columns: [report.by, ...SUMS.map(heading)],
    rows: [
      ...groups.map((group) => sumRow(group.label, group)),
      sumRow('total', totals),
      ...(system ? [sumRow('system, apart', system)] : []),
    ],
    note: more ? 'There are more groups, which only the totals count.' : undefined,
  });
  return { data: report, table };
}

const usage = defineCommand({
  name: 'usage',
  summary: 'Show what was used and what it cost, of the whole system or of one tenant',
  flags: [
    FLAGS.tenantId,
    FLAGS.from,
    FLAGS.to,
    {
      flag: '--by <what>',
      summary: `Sums by day (default) or by another: ${GROUPINGS.join(', ')}`,
    },
    { flag: '--model <model>', summary: 'Only what this model answered' },
    FLAGS.workload,
    FLAGS.platform,
    { flag: '--rows', summary: 'Each booked attempt of the tenant in place of sums' },
    FLAGS.limit,
    FLAGS.cursor,
  ],
  examples: [
    'usage --format table',
    'usage --by tenant --from 2026-11-01 --to 2026-11-30',
    'usage --tenant-id acme --by model',
    'usage --tenant-id acme --rows --limit 20',
  ],
  input,
  run: async (given, context) => {
    const client = await context.client();
    const { rows, tenantId, limit, cursor, from, to } = given;
    if (!rows || tenantId === undefined) return sumsOf(client, given);
    return rowsOf(client, tenantId, { limit, cursor, from, to });
  },
});

export const usageCommands: Command[] = [usage];
