import type { z } from 'zod';
import { pageQuery, type usageList } from '../../contract/api.ts';
import type { AllowanceView } from '../../contract/allowance.ts';
import { AppError } from '../../contract/errors.ts';
import {
  MAX_BREAKDOWN_TENANTS,
  MAX_REPORT_GROUPS,
  ownUsageQuery,
  usageBreakdownQuery,
  usageRangeQuery,
  usageReportQuery,
  usageRowsQuery,
  type UsageBreakdown,
  type UsageReport,
} from '../../contract/usage-report.ts';
import { listUsage } from '../../db/queries/usage.ts';
import { breakDownUsage } from '../../db/queries/usage-breakdown.ts';
import { reportUsage, totalUsage } from '../../db/queries/usage-report.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { dbOf, paramOf, type EdgeContext } from '../context.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { findTenant } from '../find-tenant.ts';
import { readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { openRange, rangeBefore, reportRange } from '../usage-range.ts';

type ReportQuery = Omit<z.infer<typeof usageReportQuery>, 'tenant'>;

async function report(
  c: EdgeContext,
  query: ReportQuery,
  tenantId: string | null,
): Promise<UsageReport> {
  const { by, model, workload, platform, tier } = query;
  const { from, to, since, before } = reportRange(query, c.var.deps.now());
  const selection = { since, before, tenantId, model, workload, platform, tier };
  const sums = await reportUsage(dbOf(c), { ...selection, by, limit: MAX_REPORT_GROUPS });
  return { from, to, by, ...sums };
}

/** Every grouping at once, and the totals of as many days before. */
async function breakdown(
  c: EdgeContext,
  { tenant, ...query }: z.infer<typeof usageBreakdownQuery>,
): Promise<UsageBreakdown> {
  const db = dbOf(c);
  const { model, workload, platform, tier } = query;
  const range = reportRange(query, c.var.deps.now());
  const { from, to, since, before } = range;
  const tenantId = tenant === undefined ? null : (await findTenant(db, tenant)).id;
  const selection = { since, before, tenantId, model, workload, platform, tier };
  const tenantLimit = MAX_BREAKDOWN_TENANTS;
  const { previous, ...sums } = await breakDownUsage(db, { ...selection, tenantLimit });
  return { from, to, ...sums, previous: { ...rangeBefore(range), totals: previous } };
}

/** The tenant that is asked, once its agent said that the caller may see what it costs. */
async function ownTenant(c: EdgeContext): Promise<string> {
  const { member, record } = await askAgent(c, (agent) => agent.me(callerOf(c)));
  if (member.role === 'user') throw new AppError('forbidden', 'Only owners may see the usage.');
  return record.id;
}

/**
 * The days of a list of rows. Without a word on the kind of rows they may be open: each row that is read
 * is listed. With one they are a report's, 30 unless named, as all rows of them may have to be read.
 */
function rowsRange(
  c: EdgeContext,
  kind: readonly (string | undefined)[],
): { since?: number; before?: number } {
  const days = readQuery(new URL(c.req.url), usageRangeQuery);
  if (kind.every((word) => word === undefined)) return openRange(days);
  const { since, before } = reportRange(days, c.var.deps.now());
  return { since, before };
}

/** What was used and what it cost. */
export const usageRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/usage',
    on: ['system'],
    action: 'usage.read',
    async handle(c) {
      const { tenant, ...query } = readQuery(new URL(c.req.url), usageReportQuery);
      const tenantId = tenant === undefined ? null : (await findTenant(dbOf(c), tenant)).id;
      return c.json(await report(c, query, tenantId));
    },
  },
  {
    method: 'GET',
    path: '/admin/api/usage/breakdown',
    on: ['system'],
    action: 'usage.read',
    async handle(c) {
      return c.json(await breakdown(c, readQuery(new URL(c.req.url), usageBreakdownQuery)));
    },
  },
  {
    method: 'GET',
    path: '/admin/api/tenants/:id/usage',
    on: ['system'],
    action: 'usage.read',
    async handle(c) {
      const url = new URL(c.req.url);
      const { limit, cursor } = readQuery(url, pageQuery);
      const { outcome, ...kind } = readQuery(url, usageRowsQuery);
      const range = rowsRange(c, [outcome, ...Object.values(kind)]);
      const after = decodeCursor(cursor);
      const db = dbOf(c);
      const { id: tenantId } = await findTenant(db, paramOf(c, 'id'));
      const [found, totals] = await Promise.all([
        listUsage(db, { tenantId, after, limit: limit + 1, outcome, ...kind, ...range }),
        totalUsage(db, { tenantId, ...kind, ...range }),
      ]);
      const page = pageOf(found, limit, (row) => ({ createdAt: row.created_at, id: row.id }));
      const list: z.infer<typeof usageList> = { rows: page.entries, cursor: page.cursor, totals };
      return c.json(list);
    },
  },
  {
    method: 'GET',
    path: '/api/allowance',
    on: ['tenant', 'by-path'],
    action: 'allowance.read',
    async handle(c) {
      const view: AllowanceView = await askAgent(c, (agent) => agent.allowance(callerOf(c)));
      return c.json(view);
    },
  },
  {
    method: 'GET',
    path: '/api/usage',
    on: ['tenant', 'by-path'],
    action: 'usage.own',
    async handle(c) {
      const query = readQuery(new URL(c.req.url), ownUsageQuery);
      return c.json(await report(c, query, await ownTenant(c)));
    },
  },
];
