import { callId } from '../../../../../../contract/agent-calls.ts';
import { workloadSchema, type Workload } from '../../../../../../contract/tiers.ts';

/** What of the calls is looked at, as the page's address says it. */
export interface CallFilters {
  workload: Workload | null;
  failed: boolean;
  cursor: string | null;
  /** The one that is shown with its attempts. */
  call: string | null;
}

/** The filters of an address; what is not understood is not asked. */
export function callFilters(search: URLSearchParams): CallFilters {
  return {
    workload: workloadSchema.safeParse(search.get('workload')).data ?? null,
    failed: search.get('outcome') === 'failed',
    cursor: search.get('cursor'),
    call: callId.safeParse(search.get('call')).data ?? null,
  };
}
