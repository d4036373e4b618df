import type { LoadEvent } from '@sveltejs/kit';
import { readAudit } from '../../../lib/admin/audit/audit-api.ts';
import { auditQueryOf } from '../../../lib/admin/audit/audit-query.ts';
import { filtered } from '../../../lib/admin/filtered.ts';

export async function load({ fetch, url }: LoadEvent) {
  return { audit: await filtered(readAudit(fetch, auditQueryOf(url.searchParams))) };
}
