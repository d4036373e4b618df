import type { z } from 'zod';
import { signInBody, type MeView } from '../../contract/api.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import type { AgentStub } from '../agent.ts';
import { bookChange } from '../book-change.ts';
import { admitAddressOf, ulidOf, type EdgeContext } from '../context.ts';
import { AppError } from '../../contract/errors.ts';
import { updateMemberBody, type memberList } from '../../contract/members.ts';
import type { Caller } from '../../durable/index.ts';
import { isDevMode } from '../env.ts';
import { forgetCookieOf } from '../forget-cookie.ts';
import { clearCookie, sealCookie } from '../member-cookie.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { crossOrigin, isNotForeign } from '../same-origin.ts';
import { tenantResource } from '../tenant-resource.ts';

async function readMe(agent: AgentStub, caller: Caller): Promise<MeView> {
  const { member, record } = await agent.me(caller);
  const { slug, tier, platform } = record;
  return { ...member, tenant: { slug, tier, platform } };
}

function memberId(c: EdgeContext): string {
  return ulidOf(c, { param: 'memberId', code: 'not_found', thing: 'member' });
}

/** Uses up the invite and answers who its holder is now, with the cookie that proves it. */
async function signIn(c: EdgeContext): Promise<Response> {
  const { place, deps } = c.var;
  if (place.kind !== 'tenant')
    throw new AppError('not_found', 'Sign in on the tenant\u2019s host.');
  // Otherwise a foreign page could sign its visitor in as somebody else.
  if (!isNotForeign(c.req.raw)) throw crossOrigin();
  await admitAddressOf(c, 'SIGN_IN_LIMIT', place.hostname);
  const { invite, name } = await readBody(c.req.raw, signInBody);
  const host = place.hostname;
  const signedIn = await askAgent(c, (agent) => agent.signIn({ invite, name, host }));
  const { member, signInId, expiresAt } = signedIn;
  const caller: Caller = { kind: 'member', memberId: member.id, signInId, host };
  const me = await askAgent(c, (agent) => readMe(agent, caller));
  const tenantId = c.var.tenant?.tenantId ?? '';
  const pass = { memberId: member.id, signInId, tenantId, host, exp: expiresAt };
  const cookie = await sealCookie(pass, {
    keys: c.env.SESSION_SIGNING_KEYS,
    devMode: isDevMode(c.env),
    now: deps.now(),
  });
  return c.json(me, 201, { 'set-cookie': cookie });
}

/** Signing in and out, who one is, and who else there is. */
export const memberRoutes: readonly RouteSpec[] = [
  {
    method: 'POST',
    path: '/api/sign-in',
    on: ['tenant'],
    action: 'member.sign-in',
    handle: signIn,
  },
  {
    method: 'POST',
    path: '/api/sign-out',
    on: ['tenant'],
    action: 'member.sign-out',
    async handle(c) {
      await askAgent(c, (agent) => agent.signOut(callerOf(c)));
      return c.body(null, 204, { 'set-cookie': clearCookie(isDevMode(c.env)) });
    },
  },
  {
    method: 'GET',
    path: '/api/me',
    on: ['tenant', 'by-path'],
    action: 'member.me',
    async handle(c) {
      return c.json(await askAgent(c, (agent) => readMe(agent, callerOf(c))));
    },
  },
  ...tenantResource([
    {
      method: 'GET',
      path: '/members',
      action: 'member.read',
      async handle(c) {
        const members = await askAgent(c, (agent) => agent.listMembers(callerOf(c)));
        const list: z.infer<typeof memberList> = { members };
        return c.json(list);
      },
    },
    {
      method: 'PATCH',
      path: '/members/:memberId',
      action: 'member.write',
      async handle(c) {
        const id = memberId(c);
        const body = await readBody(c.req.raw, updateMemberBody);
        await bookChange(c, { action: 'member.update', target: `member:${id}`, after: body });
        return c.json(await askAgent(c, (agent) => agent.updateMember(callerOf(c), id, body)));
      },
    },
    {
      method: 'DELETE',
      path: '/members/:memberId',
      action: 'member.write',
      async handle(c) {
        const id = memberId(c);
        await bookChange(c, { action: 'member.remove', target: `member:${id}` });
        const removed = await askAgent(c, (agent) => agent.removeMember(callerOf(c), id));
        return c.json(removed, 200, forgetCookieOf(c, { memberId: id }));
      },
    },
  ]),
];
