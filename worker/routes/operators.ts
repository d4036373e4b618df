import type { OperatorView } from '../../contract/api.ts';
import { operatorOf } from '../audit.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /admin/api/me`: who the system takes the caller for. */
export const operatorRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/me',
    on: ['system'],
    action: 'operator.me',
    handle(c) {
      const { subject, role, via } = operatorOf(c);
      const view: OperatorView = { subject, role, kind: via };
      return c.json(view);
    },
  },
];
