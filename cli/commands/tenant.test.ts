import { describe, expect, test } from 'vitest';
import { TENANT, TENANT_ID } from '../testing/answers.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

const created = {
  ...TENANT,
  pending: false,
  invite: {
    id: '01JDZZZZZZZZZZZZZZZZZZZZZZ',
    url: 'https://acme.streamkinetics.com/join/t',
    role: 'owner',
    hostname: 'acme.streamkinetics.com',
    state: 'open',
    createdBy: 'ada@example.com',
    createdAt: 1,
    expiresAt: 2,
    memberId: null,
    usedAt: null,
    usedBy: null,
    revokedAt: null,
  },
};

describe('tenant create', () => {
  test('posts what the charter’s command says and prints the tenant with its invite', async () => {
    const system = await startSystem({ status: 201, body: created });
    const argv = ['tenant', 'create', '--platform', 'streamkinetics.com', '--tier', 'premium'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(created);
    expect(system.received).toMatchObject([
      {
        method: 'POST',
        url: '/admin/api/tenants',
        headers: { 'content-type': 'application/json' },
        body: { platform: 'streamkinetics.com', tier: 'premium' },
      },
    ]);
    expect(Object.keys(system.received[0]?.body as object)).toEqual(['platform', 'tier']);
  });

  test('passes slug, region and internet on, and a slug of digits stays a string', async () => {
    const system = await startSystem({ status: 202, body: { ...created, pending: true } });
    const argv = 'tenant create --platform a.b --tier free --slug 0123 --region weur --internet';
    const ran = await skclaw(argv.split(' '), { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ pending: true });
    expect(system.received[0]?.body).toEqual({
      platform: 'a.b',
      tier: 'free',
      slug: '0123',
      region: 'weur',
      internet: true,
    });
  });

  test.each([
    ['--tier premium', '--platform is required'],
    ['--platform a.b', '--tier is required'],
    ['--platform a.b --tier gold', '--tier must be one of free, premium, enterprise'],
    ['--platform a_b --tier free', '--platform must be a domain'],
    ['--platform a.b --tier free --slug Acme', '--slug must be 1 to 40 lower-case letters'],
    ['--platform a.b --tier free --slug admin', '--slug is reserved'],
    ['--platform a.b --tier free --region mars', '--region: Invalid option'],
    ['--platform a.b --tier', 'option --tier <tier> value is missing'],
    ['--platform a.b --tier free surplus', 'Unused args: surplus'],
  ])('refuses %s before it asks anything', async (options, message) => {
    const system = await startSystem({ body: created });
    const argv = ['tenant', 'create', ...options.split(' ')];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'invalid_usage' });
    expect(ran.error().message).toContain(message);
    expect(system.received).toEqual([]);
  });
});

describe('tenant update', () => {
  test.each([
    ['--tier free', { tier: 'free' }],
    ['--internet', { internet: true }],
    ['--no-internet --tier enterprise', { tier: 'enterprise', internet: false }],
    ['--limits maxSessions=50', { limits: { maxSessions: 50 } }],
    [
      '--limits maxNanoPerMonth=20000000000,maxSchedules=default',
      { limits: { maxNanoPerMonth: 20_000_000_000, maxSchedules: null } },
    ],
  ])('patches only what %s names', async (options, body) => {
    const system = await startSystem({ body: { ...TENANT, pending: false } });
    const argv = ['tenant', 'update', '--tenant-id', TENANT_ID, ...options.split(' ')];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual({ ...TENANT, pending: false });
    const [received] = system.received;
    expect(received).toMatchObject({ method: 'PATCH', url: `/admin/api/tenants/${TENANT_ID}` });
    expect(received?.body).toEqual(body);
  });

  test('keeps an id of digits as it is typed', async () => {
    const system = await startSystem({ body: { ...TENANT, pending: false } });
    const argv = ['tenant', 'update', '--tenant-id', '0123', '--tier', 'free'];
    await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(system.received[0]?.url).toBe('/admin/api/tenants/0123');
  });

  test('refuses an update of nothing, and of nobody', async () => {
    const nothing = await skclaw(['tenant', 'update', '--tenant-id', TENANT_ID]);
    expect(nothing.code).toBe(1);
    expect(nothing.error().message).toContain('Nothing to change');
    const nobody = await skclaw(['tenant', 'update', '--tier', 'free']);
    expect(nobody.error().message).toContain('Name one tenant');
  });

  test.each([
    ['maxSesions=5', 'names no limit by maxSesions. Did you mean maxSessions?'],
    ['speed=5', 'names no limit by speed. There are: maxCallsPerMinute, '],
    ['maxSessions', 'must give maxSessions a whole number'],
    ['maxSessions=-5', 'must give maxSessions a whole number'],
    ['maxSessions=5=5', 'must give maxSessions a whole number'],
    ['maxSessions=0', 'of maxSessions: Too small'],
    ['maxQueuedTurns=1001', 'of maxQueuedTurns: Too big'],
    ['maxSessions=5,maxSessions=6', 'names maxSessions more than once'],
    ['=5', 'must be a list such as'],
    ['hunter2-hunter2=5', 'must be a list such as'],
  ])('refuses --limits %s', async (limits, message) => {
    const ran = await skclaw(['tenant', 'update', 'acme', '--limits', limits]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain(`--limits ${message}`);
    expect(ran.stderr).not.toContain('hunter2');
  });

  test('says on stderr when the agent has not taken it yet', async () => {
    const system = await startSystem({ status: 202, body: { ...TENANT, pending: true } });
    const argv = ['tenant', 'update', 'acme', '--tier', 'free'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ pending: true });
    expect(ran.stderr).toContain('has not taken it yet');
  });

  test('shows limits in a table as the tenant’s own, money as dollars', async () => {
    const limits = { maxNanoPerMonth: 20_500_000_000 };
    const system = await startSystem({ body: { ...TENANT, limits, pending: false } });
    const argv = ['tenant', 'update', 'acme', '--tier', 'free', '--format', 'table'];
    const { stdout } = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(stdout).toMatch(/^limits\.maxNanoPerMonth +\$20\.50$/m);
  });

  test('refuses an id that would be another path', async () => {
    const ran = await skclaw(['tenant', 'update', '--tenant-id', '../agents', '--tier', 'free']);
    expect(ran.code).toBe(1);
    expect(ran.error().message).toContain('--tenant-id must be');
  });
});

describe('tenant list', () => {
  test('asks for a page and prints it', async () => {
    const system = await startSystem({ body: { tenants: [TENANT], cursor: 'next' } });
    const argv = ['tenant', 'list', '--limit', '2', '--cursor', 'c1', '--query', 'ac me'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual({ tenants: [TENANT], cursor: 'next' });
    expect(system.received[0]).toMatchObject({
      method: 'GET',
      url: '/admin/api/tenants?limit=2&cursor=c1&q=ac+me',
    });
  });

  test('prints an aligned table without trailing spaces', async () => {
    const system = await startSystem({
      body: { tenants: [TENANT, { ...TENANT, slug: 'a-longer-name' }], cursor: null },
    });
    const argv = ['tenant', 'list', '--format', 'table'];
    const { stdout } = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    const [heading, first, second] = stdout.split('\n');
    expect(heading).toMatch(/^SLUG {11}PLATFORM/);
    expect(first?.indexOf('streamkinetics')).toBe(heading?.indexOf('PLATFORM'));
    expect(second?.indexOf('streamkinetics')).toBe(heading?.indexOf('PLATFORM'));
    expect(first).toContain('2026-11-22T00:00:00.000Z');
    expect(stdout).not.toMatch(/ \n/);
  });

  test('says in a table how to get the next page, and nothing on stderr with JSON', async () => {
    const system = await startSystem({ body: { tenants: [TENANT], cursor: 'next' } });
    const env = { SKCLAW_URL: system.url };
    const table = await skclaw(['tenant', 'list', '--format', 'table'], { env });
    expect(table.stderr).toBe('There are more: --cursor next\n');
    expect((await skclaw(['tenant', 'list'], { env })).stderr).toBe('');
  });

  test('is valid JSON and a heading when there is none', async () => {
    const system = await startSystem({ body: { tenants: [], cursor: null } });
    const env = { SKCLAW_URL: system.url };
    const ran = await skclaw(['tenant', 'list', '--status', 'suspended'], { env });
    expect(ran.data()).toEqual({ tenants: [], cursor: null });
    expect(system.received[0]?.url).toBe('/admin/api/tenants?status=suspended');
    const table = await skclaw(['tenant', 'list', '--format', 'table'], { env });
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(/^SLUG {2}PLATFORM .*\n$/);
  });

  test('refuses a status that there is not', async () => {
    const ran = await skclaw(['tenant', 'list', '--status', 'gone']);
    expect(ran.error().message).toContain('--status must be one of active, suspended');
  });

  test.each(['0', '201', 'many', ''])('refuses a limit of "%s"', async (limit) => {
    const ran = await skclaw(['tenant', 'list', `--limit=${limit}`]);
    expect(ran.code).toBe(1);
    expect(ran.error().message).toBe('--limit must be a number from 1 to 200');
  });
});

describe('tenant get', () => {
  test.each([[['acme']], [['--tenant-id', 'acme']], [['--tenant-id=acme']]])(
    'finds a tenant by %j and computes its sandbox id',
    async (named) => {
      const system = await startSystem({ body: { ...TENANT, sandboxId: 'something else' } });
      const ran = await skclaw(['tenant', 'get', ...named], { env: { SKCLAW_URL: system.url } });
      expect(ran.code).toBe(0);
      expect(ran.data()).toEqual({ ...TENANT, sandboxId: `tenant-${TENANT_ID}` });
      expect(system.received[0]?.url).toBe('/admin/api/tenants/acme');
    },
  );

  test('keeps a positional id of digits as it is typed', async () => {
    const system = await startSystem({ body: TENANT });
    await skclaw(['tenant', 'get', '0123'], { env: { SKCLAW_URL: system.url } });
    expect(system.received[0]?.url).toBe('/admin/api/tenants/0123');
  });

  test('wants exactly one name', async () => {
    for (const named of [[], ['acme', '--tenant-id', 'other']]) {
      const ran = await skclaw(['tenant', 'get', ...named]);
      expect(ran.code).toBe(1);
      expect(ran.error().message).toContain('Name one tenant');
    }
  });

  test('says what the system says when there is none', async () => {
    const error = { code: 'tenant_not_found', message: 'No such tenant.', requestId: 'r1' };
    const system = await startSystem({ status: 404, body: { error } });
    const ran = await skclaw(['tenant', 'get', 'acme'], { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});
