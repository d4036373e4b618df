import type { CreatedInvite, CreateInviteBody } from '../contract/members.ts';
import { newUlid } from '../durable/index.ts';
import { askAgent, callerOf } from './ask-agent.ts';
import { bookChange } from './book-change.ts';
import type { EdgeContext } from './context.ts';
import { originOf } from './tenant-record.ts';

/** Has the agent of the tenant that was asked for make an invite; its link is said here and nowhere else. */
export async function makeInvite(c: EdgeContext, body: CreateInviteBody): Promise<CreatedInvite> {
  const id = newUlid(c.var.deps.now());
  await bookChange(c, { action: 'invite.create', target: `invite:${id}`, after: body });
  const invite = await askAgent(c, (agent) => agent.createInvite(callerOf(c), id, body));
  const { token, ...view } = invite;
  return { ...view, url: `${originOf(view.hostname, c.env, c.req.url)}/join/${token}` };
}
