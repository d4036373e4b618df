import { z } from 'zod';
import { outcome, usageSums } from './usage.ts';

/** Longest range of one report, in days: a leap year. */
export const MAX_REPORT_DAYS = 366;
/** Range of a report that names none, in days. */
export const DEFAULT_REPORT_DAYS = 30;
/** Most groups of one report: more than the days of its longest range. */
export const MAX_REPORT_GROUPS = 500;

/** What a report may be grouped by. */
export const usageGrouping = z.enum(['day', 'model', 'tenant', 'workload', 'platform', 'tier']);
export type UsageGrouping = z.infer<typeof usageGrouping>;

const date = z.iso.date();
const name = z.string().min(1).max(253);

/** A range of UTC days, `YYYY-MM-DD`, both included. */
export const usageRangeQuery = z.object({ from: date.optional(), to: date.optional() });
export type UsageRangeQuery = z.infer<typeof usageRangeQuery>;

/** What `GET /admin/api/usage` is asked with: the last 30 days by day when nothing is said. */
export const usageReportQuery = usageRangeQuery.extend({
  by: usageGrouping.default('day'),
  /** Id or slug. */
  tenant: name.optional(),
  model: name.optional(),
  workload: name.optional(),
  platform: name.optional(),
  tier: name.optional(),
});

/** What a tenant's own `GET /api/usage` is asked with. */
export const ownUsageQuery = usageReportQuery
  .pick({ from: true, to: true, model: true, workload: true })
  .extend({ by: usageGrouping.extract(['day', 'model', 'workload']).default('day') });

export const usageGroup = usageSums.extend({
  /** The day (`YYYY-MM-DD`), the tenant's id, or the name that the rows have in common. */
  key: z.string(),
  /** The same for people: a tenant's slug. */
  label: z.string(),
});
export type UsageGroup = z.infer<typeof usageGroup>;

/** Sums of what is booked, from `GET /admin/api/usage` and a tenant's `GET /api/usage`. */
export const usageReport = z.object({
  from: z.string(),
  to: z.string(),
  by: usageGrouping,
  /** Days in order, everything else by cost, the highest first. */
  groups: z.array(usageGroup),
  /** Whether there are more groups than are listed; the totals count them. */
  more: z.boolean(),
  totals: usageSums,
  /** The built-in tenant's, which no other sum counts; null when one tenant was asked for. */
  system: usageSums.nullable(),
  /**
   * When the attempt was settled that was booked last (for one tenant: its newest one), UTC ms; null
   * when there is none. What agents have not brought to the books yet is in no sum.
   */
  asOf: z.number().int().nullable(),
});
export type UsageReport = z.infer<typeof usageReport>;

/** What `GET /admin/api/usage/breakdown` is asked with: the same without a grouping. */
export const usageBreakdownQuery = usageReportQuery.omit({ by: true });

/** What else `GET /admin/api/tenants/:id/usage` is asked with besides its page and days. */
export const usageRowsQuery = usageReportQuery
  .pick({ model: true, workload: true, platform: true, tier: true })
  .extend({ outcome: z.union([outcome, z.literal('failed')]).optional() });

/** Most tenants of one breakdown: more than a person compares. */
export const MAX_BREAKDOWN_TENANTS = 50;

const groups = z.array(usageGroup);

/** Everything that a page of usage shows, from `GET /admin/api/usage/breakdown`: one look at the books. */
export const usageBreakdown = usageReport.omit({ by: true, groups: true, more: true }).extend({
  days: groups,
  models: groups,
  workloads: groups,
  platforms: groups,
  tiers: groups,
  /** The dearest, at most MAX_BREAKDOWN_TENANTS. */
  tenants: groups,
  /** Of how many. */
  tenantCount: z.number().int(),
  /** The same number of days right before, by the same filters. */
  previous: z.object({ from: z.string(), to: z.string(), totals: usageSums }),
});
export type UsageBreakdown = z.infer<typeof usageBreakdown>;
