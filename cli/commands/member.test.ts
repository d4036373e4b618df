import { describe, expect, test } from 'vitest';
import { skclaw, startSystem } from '../testing/harness.ts';

const ID = '01JDZZZZZZZZZZZZZZZZZZZZZZ';
const OTHER = '01JDYYYYYYYYYYYYYYYYYYYYYY';
const AT = Date.UTC(2026, 10, 22);
const PATH = '/admin/api/tenants/acme';

const MEMBER = {
  id: ID,
  name: 'Ann',
  role: 'user',
  state: 'active',
  createdAt: AT,
  removedAt: null,
  signIns: 2,
  lastSeenAt: AT,
};
const INVITE = {
  id: ID,
  role: 'user',
  hostname: 'acme.streamkinetics.com',
  state: 'open',
  createdBy: 'ada@example.com',
  createdAt: AT,
  expiresAt: AT,
  memberId: null,
  usedAt: null,
  usedBy: null,
  revokedAt: null,
};
const MADE = { ...INVITE, url: 'https://acme.streamkinetics.com/join/token' };
const SIGN_IN = {
  id: ID,
  memberId: ID,
  hostname: 'acme.streamkinetics.com',
  state: 'active',
  createdAt: AT,
  expiresAt: AT,
  revokedAt: null,
  lastSeenAt: null,
  current: false,
};
const ONCE = 'The link works once, and is not shown again.\n';

describe('what people see and change', () => {
  test.each([
    [
      'list',
      'GET',
      '/members',
      undefined,
      { members: [MEMBER] },
      '',
      /^01JDZ\S+ +Ann +user +active +2 /m,
    ],
    [
      `update ${ID} --role owner`,
      'PATCH',
      `/members/${ID}`,
      { role: 'owner' },
      MEMBER,
      '',
      /^name +Ann$/m,
    ],
    [
      `update ${ID} --name Bo`,
      'PATCH',
      `/members/${ID}`,
      { name: 'Bo' },
      MEMBER,
      '',
      /^role +user$/m,
    ],
    [`remove ${ID} --yes`, 'DELETE', `/members/${ID}`, undefined, MEMBER, '', /^id +01JDZ/m],
    ['invites', 'GET', '/invites', undefined, { invites: [INVITE] }, '', /^01JDZ\S+ +user +open /m],
    ['invite', 'POST', '/invites', {}, MADE, ONCE, /^url +https:\S+\/join\/token$/m],
    [
      `invite --role owner --expires-in 12h --hostname chat.example.com --member-id ${ID}`,
      'POST',
      '/invites',
      { role: 'owner', expiresInS: 43_200, hostname: 'chat.example.com', memberId: ID },
      MADE,
      ONCE,
      /^createdBy +ada@example\.com$/m,
    ],
    [
      `revoke-invite ${ID} --yes`,
      'DELETE',
      `/invites/${ID}`,
      undefined,
      INVITE,
      '',
      /^state +open$/m,
    ],
    [
      'sign-ins',
      'GET',
      '/sign-ins',
      undefined,
      { signIns: [SIGN_IN] },
      '',
      /2026-11-22T00:00:00\.000Z +- /,
    ],
  ])('member %s', async (line, method, path, body, answer, stderr, table) => {
    const system = await startSystem({ body: answer });
    const argv = ['member', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr });
    expect(ran.data()).toEqual(answer);
    expect(system.received).toMatchObject([{ method, url: `${PATH}${path}` }]);
    expect(system.received[0]?.body).toEqual(body);
    const shown = await skclaw([...argv, '--format', 'table'], { env: { SKCLAW_URL: system.url } });
    expect(shown.stdout).toMatch(table);
  });

  test.each([
    ['list', { members: [] }],
    ['invites', { invites: [] }],
    ['sign-ins', { signIns: [] }],
  ])('member %s is valid JSON when there is none', async (action, body) => {
    const { url } = await startSystem({ body });
    const argv = ['member', action, '--tenant-id', 'acme'];
    expect((await skclaw(argv, { env: { SKCLAW_URL: url } })).data()).toEqual(body);
  });
});

describe('member sign-out', () => {
  const revoked = { ...SIGN_IN, state: 'revoked', revokedAt: AT };

  test('ends one sign-in', async () => {
    const system = await startSystem({ body: revoked });
    const argv = ['member', 'sign-out', ID, '--tenant-id', 'acme', '--yes'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual({ signIns: [revoked] });
    expect(system.received).toMatchObject([{ method: 'DELETE', url: `${PATH}/sign-ins/${ID}` }]);
  });

  const signIns = [
    SIGN_IN,
    { ...SIGN_IN, id: OTHER, memberId: OTHER },
    { ...revoked, id: '01JDXXXXXXXXXXXXXXXXXXXXXX' },
  ];
  test.each([
    [[], [ID, OTHER]],
    [['--member-id', OTHER], [OTHER]],
    [['--member-id', '01JDWWWWWWWWWWWWWWWWWWWWWW'], []],
  ])('--all %j ends every one that holds', async (more, ended) => {
    const system = await startSystem({ body: { signIns } }, { body: revoked });
    const argv = ['member', 'sign-out', '--all', ...more, '--tenant-id', 'acme', '--yes'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual({ signIns: ended.map(() => revoked) });
    expect(system.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${PATH}/sign-ins`,
      ...ended.map((id) => `DELETE ${PATH}/sign-ins/${id}`),
    ]);
  });

  test('--all stops at the first that fails, with the system’s words', async () => {
    const error = { code: 'agent_unavailable', message: 'It is away.' };
    const system = await startSystem(
      { body: { signIns } },
      { body: revoked },
      { status: 503, body: { error } },
    );
    const argv = ['member', 'sign-out', '--all', '--tenant-id', 'acme', '--yes'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.error()).toEqual(error);
    expect(system.received).toHaveLength(3);
  });
});

describe('what a person loses', () => {
  test.each([
    [`remove ${ID}`, `Remove member ${ID} of acme? [y/N] `],
    [`revoke-invite ${ID}`, `Revoke invite ${ID} of acme? [y/N] `],
    [`sign-out ${ID}`, `End sign-in ${ID} of acme? [y/N] `],
    ['sign-out --all', 'End every sign-in of acme? [y/N] '],
    [`sign-out --all --member-id ${ID}`, `End every sign-in of member ${ID} of acme? [y/N] `],
  ])('is asked for first: member %s', async (line, question) => {
    const system = await startSystem({ body: {} });
    const argv = ['member', ...line.split(' '), '--tenant-id', 'acme'];
    const env = { SKCLAW_URL: system.url };
    const alone = await skclaw(argv, { env });
    expect(alone).toMatchObject({ code: 1, stdout: '' });
    expect(alone.error()).toMatchObject({
      code: 'confirmation_required',
      hint: expect.stringContaining('--yes'),
    });
    const asked: string[] = [];
    const no = await skclaw(argv, { env, ask: (text) => Promise.resolve((asked.push(text), 'n')) });
    expect(no.error().code).toBe('confirmation_required');
    expect(asked).toEqual([question]);
    expect(system.received).toEqual([]);
  });
});

describe('refusals', () => {
  test.each([
    ['list', '--tenant-id is required'],
    ['update x --tenant-id acme --role owner', '<id> must be a ULID'],
    [`update ${ID} --tenant-id acme`, 'Nothing to change'],
    [`update ${ID} --tenant-id acme --role admin`, '--role must be one of owner, user'],
    ['remove --tenant-id acme --yes', 'missing required args'],
    ['invite --tenant-id acme --expires-in 5', '--expires-in must be a time such as'],
    ['invite --tenant-id acme --expires-in 5s', '--expires-in: Too small'],
    ['invite --tenant-id acme --expires-in 31d', '--expires-in: Too big'],
    ['sign-out --tenant-id acme --yes', 'Name one sign-in, or give --all.'],
    [`sign-out ${ID} --all --tenant-id acme --yes`, 'Name one sign-in'],
    [`sign-out ${ID} --member-id ${ID} --tenant-id acme --yes`, '--member-id goes with --all.'],
    ['revoke-invite ../x --tenant-id acme --yes', '<id> must be a ULID'],
  ])('member %s, before anything is asked', async (line, message) => {
    const ran = await skclaw(['member', ...line.split(' ')]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'invalid_usage' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    ['invite', 403, 'forbidden', 2],
    [`update ${ID} --role user`, 409, 'conflict', 1],
    [`remove ${ID} --yes`, 404, 'not_found', 1],
    [`revoke-invite ${ID} --yes`, 410, 'tenant_deleted', 1],
    [`sign-out ${ID} --yes`, 500, 'internal', 3],
  ])('of the system end member %s with its code', async (line, status, code, exit) => {
    const error = { code, message: 'No.', requestId: 'r1' };
    const { url, received } = await startSystem({ status, body: { error } });
    const argv = ['member', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
    expect(received).toHaveLength(1);
  });
});
