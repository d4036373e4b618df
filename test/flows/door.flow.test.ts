import { describe, expect, inject, it } from 'vitest';
import { createdInvite, signInList } from '../../contract/members.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { newTenant } from '../support/agents.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { ask } from '../support/loopback.ts';
import { MemberClient } from '../support/member.ts';

const system = inject('system');
const admin = new LocalAdmin(system.url);

/** A tenant with two members, each with an open socket. */
async function house() {
  const tenant = await newTenant(system.url, 'premium');
  const owner = await MemberClient.join(tenant.invite?.url ?? '', 'Ada');
  const { url } = createdInvite.parse(await owner.call('POST', '/api/invites', { role: 'user' }));
  const user = await MemberClient.join(url, 'Ben');
  return {
    tenant,
    owner: { client: owner, socket: await owner.socket() },
    user: { client: user, socket: await user.socket() },
  };
}

/** Does something that ends a socket; says how long after the answer to it the close came. */
async function closeOf(socket: ChatSocket, what: string, end: () => Promise<unknown>) {
  await end();
  const answeredAt = performance.now();
  const code = await socket.closed;
  const delayMs = Math.max(0, performance.now() - answeredAt);
  console.log(`${what}: closed with ${code}, ${delayMs.toFixed(1)} ms after the answer`);
  return code;
}

describe('an open socket', () => {
  it('is closed when its sign-in is revoked, and the cookie opens nothing more', async () => {
    const { owner, user } = await house();
    const { signIns } = signInList.parse(await user.client.call('GET', '/api/sign-ins'));
    const path = `/api/sign-ins/${signIns[0]?.id}`;
    const code = await closeOf(user.socket, 'revoked sign-in', () =>
      owner.client.call('DELETE', path),
    );
    expect(code).toBe(4401);
    const headers = { cookie: user.client.cookie };
    expect((await ask(`${user.client.origin}/api/me`, { headers })).status).toBe(401);
    // The owner's own goes on.
    const { id } = await owner.client.createSession('still here');
    await owner.socket.until(({ type, ...frame }) => type === 'session' && 'session' in frame);
    expect(id).not.toBe('');
  });

  it('is closed when its tenant is suspended, everybody’s', async () => {
    const { tenant, owner, user } = await house();
    const suspend = () => admin.call('POST', `/tenants/${tenant.id}/suspend`);
    const codes = await Promise.all([
      closeOf(owner.socket, 'suspended tenant, owner', suspend),
      user.socket.closed,
    ]);
    expect(codes).toEqual([4403, 4403]);
    const headers = { cookie: owner.client.cookie };
    expect((await ask(`${owner.client.origin}/api/me`, { headers })).status).toBe(403);
  });
});
