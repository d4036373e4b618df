import type { z } from 'zod';
import { createInviteBody, type inviteList } from '../../contract/members.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { ulidOf } from '../context.ts';
import { makeInvite } from '../invite.ts';
import { readBody } from '../read-body.ts';
import { tenantResource } from '../tenant-resource.ts';

/** The invites of a tenant. Whether a member may see and make them, the agent knows. */
export const inviteRoutes = tenantResource([
  {
    method: 'GET',
    path: '/invites',
    action: 'invite.read',
    async handle(c) {
      const invites = await askAgent(c, (agent) => agent.listInvites(callerOf(c)));
      const list: z.infer<typeof inviteList> = { invites };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/invites',
    action: 'invite.write',
    async handle(c) {
      return c.json(await makeInvite(c, await readBody(c.req.raw, createInviteBody)), 201);
    },
  },
  {
    method: 'DELETE',
    path: '/invites/:inviteId',
    action: 'invite.write',
    async handle(c) {
      const id = ulidOf(c, { param: 'inviteId', code: 'not_found', thing: 'invite' });
      await bookChange(c, { action: 'invite.revoke', target: `invite:${id}` });
      return c.json(await askAgent(c, (agent) => agent.revokeInvite(callerOf(c), id)));
    },
  },
]);
