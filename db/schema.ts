import { sql } from 'drizzle-orm';
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { AgentState, TenantStatus } from '../contract/agent.ts';
import type { LimitOverrides } from '../contract/limits.ts';
import type { NoticeData, NoticeKind } from '../contract/notices.ts';
import type { PolicyRule } from '../contract/policy.ts';
import type { Tier } from '../contract/tiers.ts';
import type { CallSource, Outcome, Settlement } from '../contract/usage.ts';
import type { WakeOutcome } from '../contract/wakes.ts';

/**
 * The control plane in D1: the truth for tenants, hostnames, policies, operators, usage and audit.
 * Times are UTC ms, money is nano-dollars. Columns that the charter names keep their names.
 */
export const tenants = sqliteTable(
  'tenants',
  {
    id: text().primaryKey(),
    slug: text().notNull(),
    platform: text().notNull(),
    tier: text().$type<Tier>().notNull(),
    status: text().$type<TenantStatus>().notNull().default('active'),
    /** Location hint for the tenant's Durable Object. */
    region: text(),
    /** Internet for the container; null follows the tier. */
    internet: integer({ mode: 'boolean' }),
    /** Its own limits in place of its tier's; null when it has none. */
    limits: text({ mode: 'json' }).$type<LimitOverrides>(),
    /** Grows with every change; the agent ignores older ones. */
    version: integer().notNull().default(1),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** When its deletion was complete; the row stays as a tombstone, for the books and the slug's rest. */
    deletedAt: integer('deleted_at'),
  },
  (t) => [
    // A tombstone gives its slug up; how long that rests is decided where tenants are made.
    uniqueIndex('tenants_platform_slug')
      .on(t.platform, t.slug)
      .where(sql`${t.status} <> 'deleted'`),
  ],
);

export const hostnames = sqliteTable(
  'hostnames',
  {
    /** Normalised: lower case, punycode, no port, no trailing dot. */
    hostname: text().primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    createdAt: integer('created_at').notNull(),
    /**
     * Set while the hostname is being taken away: the version of its tenant's record that lacks it.
     * Nobody has it until that tenant's agent confirms this version.
     */
    leavingVersion: integer('leaving_version'),
    /** Who gets it then; null when it is only removed. */
    heirId: text('heir_id').references(() => tenants.id),
  },
  (t) => [
    index('hostnames_tenant').on(t.tenantId),
    index('hostnames_leaving')
      .on(t.leavingVersion)
      .where(sql`${t.leavingVersion} is not null`),
  ],
);

/** Written by each agent at its transitions; what lists and cron read without touching it. */
export const agents = sqliteTable(
  'agents',
  {
    tenantId: text('tenant_id').primaryKey(),
    state: text().$type<AgentState>().notNull(),
    since: integer().notNull(),
    generation: integer().notNull(),
    nextDueAt: integer('next_due_at'),
    appliedVersion: integer('applied_version').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [index('agents_next_due').on(t.nextDueAt)],
);

/**
 * What became of each generation of an agent, once each however often it is reported. Kept for some
 * weeks: these are for counting.
 */
export const wakes = sqliteTable(
  'wakes',
  {
    tenantId: text('tenant_id').notNull(),
    generation: integer().notNull(),
    outcome: text().$type<WakeOutcome>().notNull(),
    at: integer().notNull(),
    ms: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.generation, t.outcome] }),
    index('wakes_at').on(t.at),
  ],
);

/** How often the edge refused requests, by UTC hour. Of who asked and for what, nothing is kept. */
export const refusals = sqliteTable(
  'refusals',
  {
    /** The hour's first moment, UTC ms. */
    hour: integer().notNull(),
    /** The route's pattern; '' for pages and for addresses that are no route. */
    route: text().notNull(),
    status: integer().notNull(),
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.hour, t.route, t.status] })],
);

export const policies = sqliteTable('policies', {
  version: integer().primaryKey(),
  rules: text({ mode: 'json' }).$type<PolicyRule[]>().notNull(),
  author: text().notNull(),
  note: text().notNull(),
  createdAt: integer('created_at').notNull(),
});

/** One row: which policy version is in force. */
export const activePolicy = sqliteTable('active_policy', {
  id: integer().primaryKey(),
  version: integer()
    .notNull()
    .references(() => policies.version),
  /** The one that was in force before, to roll back to; null for the first. */
  previousVersion: integer('previous_version'),
  updatedAt: integer('updated_at').notNull(),
});

export const operators = sqliteTable('operators', {
  /** E-mail of a person in lower case, or client id (`common_name`) of a service token. */
  subject: text().primaryKey(),
  kind: text().$type<'person' | 'service'>().notNull(),
  role: text().$type<'viewer' | 'maintainer' | 'admin'>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** One final row per attempt upstream; never changed. The names are those of contract/usage.ts. */
export const usage = sqliteTable(
  'usage',
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    call_id: text().notNull(),
    attempt: integer().notNull(),
    source: text().$type<CallSource>().notNull(),
    platform: text().notNull(),
    tier: text().notNull(),
    workload: text().notNull(),
    model: text().notNull(),
    policy_version: integer().notNull(),
    tokens_in: integer().notNull(),
    tokens_out: integer().notNull(),
    tokens_cached: integer().notNull(),
    cost_nano: integer().notNull(),
    price_version: text().notNull(),
    latency_ms: integer().notNull(),
    first_byte_ms: integer(),
    status: integer(),
    outcome: text().$type<Outcome>().notNull(),
    settled_by: text().$type<Settlement>().notNull(),
    log_id: text(),
    session_id: text(),
    turn_id: text(),
    created_at: integer().notNull(),
    settled_at: integer().notNull(),
  },
  // The only secondary index: each further one doubles the billed writes.
  (t) => [index('usage_tenant_time').on(t.tenant_id, t.created_at)],
);

/**
 * Sums of `usage` by UTC day and all that it is asked for by. Written in the commit that books the
 * rows, from those that were not there yet, and recomputed from the rows once the day is over.
 */
export const usageDaily = sqliteTable(
  'usage_daily',
  {
    /** The day's first moment, UTC ms. A row belongs to the day of its `created_at`. */
    day: integer().notNull(),
    tenantId: text('tenant_id').notNull(),
    platform: text().notNull(),
    tier: text().notNull(),
    workload: text().notNull(),
    model: text().notNull(),
    attempts: integer().notNull(),
    /** Those of them that ended otherwise than `ok`. */
    failures: integer().notNull(),
    tokensIn: integer('tokens_in').notNull(),
    tokensOut: integer('tokens_out').notNull(),
    tokensCached: integer('tokens_cached').notNull(),
    costNano: integer('cost_nano').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.day, t.tenantId, t.platform, t.tier, t.workload, t.model] }),
    index('usage_daily_tenant').on(t.tenantId, t.day),
    // Holds all columns, so that sums of all tenants' days by kind read it alone, without a sort.
    index('usage_daily_kind').on(
      t.day,
      t.platform,
      t.tier,
      t.workload,
      t.model,
      t.tenantId,
      t.attempts,
      t.failures,
      t.tokensIn,
      t.tokensOut,
      t.tokensCached,
      t.costNano,
    ),
  ],
);

/** Days whose sums were recomputed from their rows. */
export const closedDays = sqliteTable('closed_days', {
  day: integer().primaryKey(),
  closedAt: integer('closed_at').notNull(),
});

/** What operators should know of a tenant, once each: its id says what it is about. */
export const notices = sqliteTable(
  'notices',
  {
    id: text().primaryKey(),
    tenantId: text('tenant_id').notNull(),
    kind: text().$type<NoticeKind>().notNull(),
    data: text({ mode: 'json' }).$type<NoticeData>().notNull(),
    at: integer().notNull(),
  },
  (t) => [index('notices_at').on(t.at)],
);

export const audit = sqliteTable(
  'audit',
  {
    /** A ULID, so that the newest sort last. */
    id: text().primaryKey(),
    at: integer().notNull(),
    actor: text().notNull(),
    action: text().notNull(),
    /** What was changed, such as `tenant:<id>`. */
    target: text().notNull(),
    tenantId: text('tenant_id'),
    before: text({ mode: 'json' }),
    after: text({ mode: 'json' }),
    requestId: text('request_id').notNull(),
  },
  (t) => [
    index('audit_tenant').on(t.tenantId, t.id),
    index('audit_actor').on(t.actor, t.id),
    index('audit_action').on(t.action, t.id),
    index('audit_target').on(t.target, t.id),
  ],
);
