import type { z } from 'zod';
import type { revokedSignIns, signInList } from '../../contract/members.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { ulidOf } from '../context.ts';
import { forgetCookieOf } from '../forget-cookie.ts';
import type { RouteSpec } from '../route.ts';
import { tenantResource } from '../tenant-resource.ts';

/** The sign-ins of a tenant's members: one's own, and everybody's for who may see them. */
export const signInRoutes: readonly RouteSpec[] = [
  ...tenantResource([
    {
      method: 'GET',
      path: '/sign-ins',
      action: 'sign-in.read',
      async handle(c) {
        const signIns = await askAgent(c, (agent) => agent.listSignIns(callerOf(c)));
        const list: z.infer<typeof signInList> = { signIns };
        return c.json(list);
      },
    },
    {
      method: 'DELETE',
      path: '/sign-ins/:signInId',
      action: 'sign-in.write',
      async handle(c) {
        const id = ulidOf(c, { param: 'signInId', code: 'not_found', thing: 'sign-in' });
        await bookChange(c, { action: 'sign-in.revoke', target: `sign-in:${id}` });
        const revoked = await askAgent(c, (agent) => agent.revokeSignIn(callerOf(c), id));
        return c.json(revoked, 200, forgetCookieOf(c, { signInId: id }));
      },
    },
  ]),
  {
    method: 'POST',
    path: '/api/sign-ins/revoke-others',
    on: ['tenant'],
    action: 'member.sign-out',
    async handle(c) {
      const revoked: z.infer<typeof revokedSignIns> = await askAgent(c, (agent) =>
        agent.revokeOtherSignIns(callerOf(c)),
      );
      return c.json(revoked);
    },
  },
];
