/** A page that is loaded, as the browser's address has it. */
export interface PageSpec {
  name: string;
  path: string;
  /** It is this many pages further, by the link to the next page in each. */
  pagesOn?: number;
  /** What its script asks the API for after it is shown; what it came with is found in the page. */
  asks?: readonly string[];
}

/** What the pages are of. */
export interface Subjects {
  /** A tenant with a long life behind it, whose agent sleeps. */
  slug: string;
  tenantId: string;
  sessionId: string;
}

/** Every page of the dashboard, in the states that cost the most. */
export function adminPages({ slug, tenantId, sessionId }: Subjects): PageSpec[] {
  const agent = `/admin/agents/${slug}`;
  return [
    { name: 'overview', path: '/admin' },
    { name: 'tenants', path: '/admin/tenants' },
    { name: 'tenants, searched', path: '/admin/tenants?q=qui' },
    {
      name: 'tenants, filtered and sorted',
      path: '/admin/tenants?tier=premium&state=asleep&sort=slug',
    },
    { name: 'tenants, of a person’s care', path: '/admin/tenants?attention=true' },
    { name: 'tenants, the tenth page', path: '/admin/tenants', pagesOn: 9 },
    { name: 'tenant', path: `/admin/tenants/${slug}` },
    { name: 'tenant, limits', path: `/admin/tenants/${slug}/limits` },
    { name: 'tenant, members', path: `/admin/tenants/${slug}/members` },
    { name: 'agent, asleep', path: agent, asks: [`/admin/api/agents/${tenantId}`] },
    { name: 'agent, timeline', path: `${agent}/timeline` },
    { name: 'agent, calls', path: `${agent}/calls` },
    { name: 'agent, sessions', path: `${agent}/sessions` },
    { name: 'agent, one session', path: `${agent}/sessions/${sessionId}` },
    { name: 'agent, snapshots', path: `${agent}/snapshots` },
    { name: 'agent, raw', path: `${agent}/raw` },
    { name: 'routing', path: '/admin/routing' },
    { name: 'routing, editor', path: '/admin/routing/edit' },
    { name: 'usage, 30 days', path: '/admin/usage?range=30d' },
    { name: 'usage, by tenant', path: '/admin/usage?range=30d&by=tenant' },
    { name: 'usage, of one tenant', path: `/admin/usage?range=30d&tenant=${slug}` },
    { name: 'audit', path: '/admin/audit' },
    { name: 'audit, filtered', path: '/admin/audit?action=tenant.update' },
    { name: 'operators', path: '/admin/operators' },
    { name: 'health', path: '/admin/health' },
  ];
}
