import { AppError } from '../../contract/errors.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /admin/api/debug/request`, with DEBUG_ROUTES only: how this request was understood. */
export const debugRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/debug/request',
    on: ['system'],
    action: 'system.debug',
    handle(c) {
      if (c.env.DEBUG_ROUTES !== 'true') {
        throw new AppError('not_found', 'There is nothing at this address.');
      }
      const { place, caller } = c.var;
      return c.json({ url: c.req.url, place, caller });
    },
  },
];
