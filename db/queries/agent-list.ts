import { and, count, eq, ne, or, sql, type SQL } from 'drizzle-orm';
import {
  ATTENTION_REASONS,
  type AgentListEntry,
  type AgentSort,
  type AttentionReason,
  type ListOrder,
} from '../../contract/agent-list.ts';
import { AGENT_STATES, type AgentState, type TenantStatus } from '../../contract/agent.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { TIERS, type Tier } from '../../contract/tiers.ts';
import { agents, tenants } from '../schema.ts';
import type { Db } from './open.ts';
import { tenantNamed } from './tenants.ts';

/** What the list is narrowed down to: each part that is given must hold. */
export interface AgentFilter {
  q: string;
  state?: AgentState | undefined;
  platform?: string | undefined;
  tier?: Tier | undefined;
  /** All but deleted ones when not given. */
  status?: TenantStatus | undefined;
  /** Only those that a person should look at. */
  attention?: boolean;
  /** What should have happened before this moment is late, UTC ms. */
  lateBefore: number;
}

/** Where a page of the list ends: the value it is sorted by, and the tenant's id for ties. */
export interface AgentPosition {
  value: string | number;
  id: string;
}

// A tombstone's agent is gone, and an agent that never spoke has no row: both are asleep.
const state = sql<AgentState>`coalesce(${agents.state}, 'asleep')`;
const since = sql<number>`coalesce(${agents.since}, ${tenants.updatedAt})`;

/** The place of a value in a list of them, -1 for none, as `indexOf` says it too. */
function rank(value: SQL | typeof tenants.tier, order: readonly string[]): SQL<number> {
  const cases = order.map((name, index) => sql`when ${name} then ${sql.raw(String(index))}`);
  return sql<number>`(case ${value} ${sql.join(cases, sql` `)} else -1 end)`;
}

/** What each sort compares, and the same of an entry that was read. */
const SORTS: Record<AgentSort, { key: SQL; of: (entry: AgentListEntry) => string | number }> = {
  created: { key: sql`${tenants.createdAt}`, of: ({ createdAt }) => createdAt },
  slug: { key: sql`${tenants.slug}`, of: ({ slug }) => slug },
  since: { key: since, of: (entry) => entry.since },
  tier: { key: rank(tenants.tier, TIERS), of: ({ tier }) => TIERS.indexOf(tier) },
  state: { key: rank(state, AGENT_STATES), of: (entry) => AGENT_STATES.indexOf(entry.state) },
};

/** The position of an entry in a sorted list. */
export function agentPosition(sort: AgentSort, entry: AgentListEntry): AgentPosition {
  return { value: SORTS[sort].of(entry), id: entry.tenantId };
}

/** When each reason for attention holds. Cron drives on what is late, so what stays late is a person's. */
function reasons(lateBefore: number): Record<AttentionReason, SQL<number>> {
  const lives = sql`${tenants.status} in ('active', 'suspended')`;
  return {
    failed: sql`(${lives} and ${agents.state} is 'failed')`,
    overdue: sql`(${lives} and coalesce(${agents.nextDueAt} < ${lateBefore}, 0))`,
    behind: sql`(${lives} and coalesce(${agents.appliedVersion}, 0) < ${tenants.version} and ${tenants.updatedAt} < ${lateBefore})`,
    deleting: sql`(${tenants.status} = 'deleting' and ${tenants.updatedAt} < ${lateBefore})`,
  };
}

function matching(filter: AgentFilter): SQL | undefined {
  const { q, platform, tier, status, attention, lateBefore } = filter;
  return and(
    ne(tenants.id, SYSTEM_TENANT_ID),
    status ? eq(tenants.status, status) : ne(tenants.status, 'deleted'),
    filter.state && eq(state, filter.state),
    platform === undefined ? undefined : eq(tenants.platform, platform),
    tier && eq(tenants.tier, tier),
    tenantNamed(q),
    attention ? or(...Object.values(reasons(lateBefore))) : undefined,
  );
}

/** One page of agents as they last said of themselves, without the system's. */
export async function listAgents(
  db: Db,
  query: AgentFilter & {
    sort: AgentSort;
    order: ListOrder;
    after: AgentPosition | null;
    limit: number;
  },
): Promise<AgentListEntry[]> {
  const { sort, order, after, limit } = query;
  const { key } = SORTS[sort];
  const direction = sql.raw(order);
  const beyond = sql.raw(order === 'asc' ? '>' : '<');
  const rest = after && sql`(${key}, ${tenants.id}) ${beyond} (${after.value}, ${after.id})`;
  const rows = await db
    .select({
      tenantId: tenants.id,
      slug: tenants.slug,
      platform: tenants.platform,
      tier: tenants.tier,
      status: tenants.status,
      state,
      since,
      generation: sql<number>`coalesce(${agents.generation}, 0)`,
      nextDueAt: agents.nextDueAt,
      // Zero is an agent that never spoke.
      updatedAt: sql<number | null>`nullif(${agents.updatedAt}, 0)`,
      createdAt: tenants.createdAt,
      attention: reasons(query.lateBefore),
    })
    .from(tenants)
    .leftJoin(agents, eq(agents.tenantId, tenants.id))
    .where(and(matching(query), rest ?? undefined))
    .orderBy(sql`${key} ${direction}`, sql`${tenants.id} ${direction}`)
    .limit(limit);
  return rows.map(({ attention, ...row }) => ({
    ...row,
    attention: ATTENTION_REASONS.filter((reason) => attention[reason] === 1),
  }));
}

/** How many agents a filter finds. */
export async function countAgents(db: Db, filter: AgentFilter): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(tenants)
    .leftJoin(agents, eq(agents.tenantId, tenants.id))
    .where(matching(filter));
  return row?.n ?? 0;
}
