import { usageList } from '../../../../../contract/api.ts';
import { usageBreakdown } from '../../../../../contract/usage-report.ts';
import { askFor, type Fetch } from '../../api/http.ts';
import { queryOf } from '../address.ts';
import type { UsageFilters } from './usage-address.ts';

/** Calls of one page of the list. */
const PAGE = 50;

/** What the page of usage asks. All throw ApiError. */
export function usageApi(fetch: Fetch) {
  return {
    breakdown: (query: { from: string; to: string } & UsageFilters) =>
      askFor(fetch, usageBreakdown, `/admin/api/usage/breakdown${queryOf(query)}`),
    calls: (
      tenant: string,
      query: { from: string; to: string; outcome?: string; cursor?: string } & Omit<
        UsageFilters,
        'tenant'
      >,
    ) =>
      askFor(
        fetch,
        usageList,
        `/admin/api/tenants/${encodeURIComponent(tenant)}/usage${queryOf({ ...query, limit: PAGE })}`,
      ),
  };
}
