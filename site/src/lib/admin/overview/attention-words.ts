import type { Attention } from '../../../../../contract/attention.ts';
import { moneyWords, plural } from '../../ui/words.ts';

/** One tenant of a list: where to look, since when, and what else there is to say. */
export interface Waiting {
  tenantId: string;
  slug: string;
  href: string;
  at: number;
  note?: string;
}

/** One kind of what waits for a person. */
export interface WaitingKind {
  kind: keyof Attention;
  title: string;
  /** What it means and what to do, in a sentence. */
  advice: string;
  tone: 'warn' | 'bad';
  count: number;
  entries: Waiting[];
  /** Where the others are listed; null where no list is of them alone. */
  all: string | null;
}

const agentPage = (slug: string): string => `/admin/agents/${slug}`;
const tenantPage = (slug: string): string => `/admin/tenants/${slug}`;

/** What waits for a person, the worst first; kinds that are empty are left out. */
export function waitingKinds(attention: Attention): WaitingKind[] {
  const { failed, overdue, pending, budget, deleting } = attention;
  const kinds: WaitingKind[] = [
    {
      kind: 'failed',
      title: plural(failed.count, 'agent has failed', 'agents have failed'),
      advice: 'An agent’s page says why, and whether it tries again by itself.',
      tone: 'bad',
      count: failed.count,
      entries: failed.entries.map((one) => ({ ...one, href: agentPage(one.slug), at: one.since })),
      all: '/admin/tenants?state=failed',
    },
    {
      kind: 'overdue',
      title: plural(overdue.count, 'agent is overdue', 'agents are overdue'),
      advice:
        'Its own alarm did not ring. It is poked every five minutes; if it stays, restart it.',
      tone: 'bad',
      count: overdue.count,
      entries: overdue.entries.map((one) => ({ ...one, href: agentPage(one.slug), at: one.dueAt })),
      all: '/admin/tenants?attention=true',
    },
    {
      kind: 'deleting',
      title: plural(deleting.count, 'deletion is stuck', 'deletions are stuck'),
      advice: 'It takes minutes when all goes well. The Worker’s log says what it waits for.',
      tone: 'bad',
      count: deleting.count,
      entries: deleting.entries.map((one) => ({
        ...one,
        href: tenantPage(one.slug),
        at: one.since,
      })),
      all: '/admin/tenants?status=deleting',
    },
    {
      kind: 'pending',
      title: plural(pending.count, 'change is pending', 'changes are pending'),
      advice: 'The agent does not have it yet. It is sent again every five minutes.',
      tone: 'warn',
      count: pending.count,
      entries: pending.entries.map((one) => ({
        ...one,
        href: tenantPage(one.slug),
        at: one.since,
        note: `has version ${one.appliedVersion} of ${one.version}`,
      })),
      all: '/admin/tenants?attention=true',
    },
    {
      kind: 'budget',
      title: plural(
        budget.count,
        'budget is nearly or wholly used',
        'budgets are nearly or wholly used',
      ),
      advice: 'At 100% the agent calls no model until the month is over or the budget is raised.',
      tone: 'warn',
      count: budget.count,
      entries: budget.entries.map((one) => ({
        ...one,
        href: tenantPage(one.slug),
        note: `${one.kind === 'budget_100' ? '100%' : '80%'} of ${moneyWords(one.limitNano)}`,
      })),
      all: null,
    },
  ];
  return kinds.filter(({ count }) => count > 0);
}
