import type { z } from 'zod';
import { auditQuery, type auditList } from '../../contract/audit.ts';
import { listAudit } from '../../db/queries/audit.ts';
import { dbOf } from '../context.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { findTenant } from '../find-tenant.ts';
import { readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /admin/api/audit`: what operators changed, the newest first. */
export const auditRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/audit',
    on: ['system'],
    action: 'audit.read',
    async handle(c) {
      const { tenant, limit, cursor, ...query } = readQuery(new URL(c.req.url), auditQuery);
      const after = decodeCursor(cursor)?.id ?? null;
      const db = dbOf(c);
      const tenantId = tenant === undefined ? undefined : (await findTenant(db, tenant)).id;
      const found = await listAudit(db, { ...query, tenantId, after, limit: limit + 1 });
      const page = pageOf(found, limit, ({ at, id }) => ({ createdAt: at, id }));
      const list: z.infer<typeof auditList> = { entries: page.entries, cursor: page.cursor };
      return c.json(list);
    },
  },
];
