import { auditList } from '../../../../../contract/audit.ts';
import { askFor, type Fetch } from '../../api/http.ts';
import { queryOf } from '../address.ts';

/** The audit, the newest first. Throws ApiError. */
export function readAudit(fetch: Fetch, query: Record<string, string | number | null>) {
  return askFor(fetch, auditList, `/admin/api/audit${queryOf(query)}`);
}
