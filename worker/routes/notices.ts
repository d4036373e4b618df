import type { z } from 'zod';
import { pageQuery } from '../../contract/api.ts';
import type { noticeList } from '../../contract/notices.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { dbOf } from '../context.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /admin/api/notices`: what operators should know of tenants, the newest first. */
export const noticeRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/notices',
    on: ['system'],
    action: 'notice.list',
    async handle(c) {
      const { limit, cursor } = readQuery(new URL(c.req.url), pageQuery);
      const found = await listNotices(dbOf(c), { limit: limit + 1, after: decodeCursor(cursor) });
      const page = pageOf(found, limit, ({ at, id }) => ({ createdAt: at, id }));
      const list: z.infer<typeof noticeList> = { notices: page.entries, cursor: page.cursor };
      return c.json(list);
    },
  },
];
