import { ulid } from 'ulid';
import { createInviteBody, type CreateInviteBody } from '../../contract/members.ts';
import type { Caller } from '../rpc.ts';
import type { FreshAgent } from './fresh-agent.ts';

export type MemberCaller = Extract<Caller, { kind: 'member' }>;

/** An operator, who may change things. */
export const OPERATOR: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };

/** The host of a fresh agent. */
export const HOST = 'acme.localhost';

/** The token of a new invite. */
export async function inviteToken(
  { rpc }: Pick<FreshAgent, 'rpc'>,
  body: Partial<CreateInviteBody> = {},
): Promise<string> {
  const { token } = await rpc.createInvite(OPERATOR, ulid(), createInviteBody.parse(body));
  return token;
}

/** Uses an invite up, as Ann. */
export async function open(
  { rpc }: Pick<FreshAgent, 'rpc'>,
  invite: string,
): Promise<MemberCaller> {
  const { member, signInId } = await rpc.signIn({ invite, name: 'Ann', host: HOST });
  return { kind: 'member', memberId: member.id, signInId, host: HOST };
}

/** A new member, as they ask from now on. */
export async function join(
  agent: Pick<FreshAgent, 'rpc'>,
  role: 'owner' | 'user' = 'user',
): Promise<MemberCaller> {
  return open(agent, await inviteToken(agent, { role }));
}
