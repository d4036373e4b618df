import { describe, expect, test } from 'vitest';
import { diffPolicies, explainRoute } from '../../contract/policy.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

describe('routing test', () => {
  const result = {
    model: '@cf/moonshotai/kimi-k2.6',
    explanation: 'Rule 2.',
    policyVersion: 1,
    rule: 1,
    fallbackUsed: false,
    attempts: 1,
    latencyMs: 12,
    firstByteMs: null,
    tokensIn: 5,
    tokensOut: 7,
    costNano: 100,
    logId: null,
    callId: 'c',
    answer: 'hello',
  };

  test('posts the request and prints the route', async () => {
    const system = await startSystem({ body: result });
    const argv = 'routing test --tier premium --platform a.b --workload monitor'.split(' ');
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual(result);
    expect(system.received).toMatchObject([
      {
        method: 'POST',
        url: '/admin/api/routing/test',
        body: { tier: 'premium', platform: 'a.b', workload: 'monitor' },
      },
    ]);
  });

  test('exits 3 when the model fails', async () => {
    const error = { code: 'upstream_failed', message: 'Both models failed.' };
    const system = await startSystem({ status: 502, body: { error } });
    const argv = ['routing', 'test', '--tier', 'premium'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(3);
    expect(system.received).toHaveLength(1);
    expect(system.received[0]?.body).toEqual({ tier: 'premium', workload: 'chat' });
  });
});

const summary = { version: 1, author: 'system', note: 'The first.', createdAt: 1, active: true };
const active = { ...summary, rules: SEED_POLICY.rules, previous: null, activatedAt: 2 };
const [general, ...others] = SEED_POLICY.rules;
const cheaper = { version: 2, rules: [{ ...general!, fallback: null }, ...others.slice(1)] };
const diff = { from: 1, to: 2, ...diffPolicies(SEED_POLICY, cheaper) };

describe('routing test --dry-run', () => {
  const request = { tier: 'premium', platform: 'a.b', workload: 'chat' } as const;
  const explanation = explainRoute(SEED_POLICY, request);

  test('shows the route of the policy in force without a model call', async () => {
    const system = await startSystem({ body: explanation });
    const argv = ['routing', 'test', '--tier', 'premium', '--platform', 'a.b', '--dry-run'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(explanation);
    expect(system.received).toMatchObject([
      { method: 'POST', url: '/admin/api/routing/explain', body: request },
    ]);
    const table = await skclaw([...argv, '--format', 'table'], { env: { SKCLAW_URL: system.url } });
    expect(table.stdout).toMatch(/^route\.model +@cf\/moonshotai\/kimi-k2\.6$/m);
  });

  test('exits 3 with its data when no rule gives a route, as a call would', async () => {
    const none = explainRoute({ version: 1, rules: others }, { ...request, tier: 'free' });
    const system = await startSystem({ body: none });
    const argv = ['routing', 'test', '--tier', 'free', '--dry-run'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(3);
    expect(ran.data()).toMatchObject({ ok: false, reason: 'no_rule' });
    expect(ran.error()).toMatchObject({ code: 'not_configured' });
  });
});

describe('policies', () => {
  const list = { policies: [{ ...summary, ruleCount: 3 }], cursor: 7 };
  const done = { version: 1, previous: 2, inForceWithinS: 60 };
  const in60 = 'Policy 1 is in force within 60 s.\n';

  test.each([
    [['list'], 'GET', '/active', active, '', /^2 +premium +any +chat +@cf\/moonshotai/m],
    [['versions'], 'GET', '', list, '', /^1 +yes +3 +system +The first\. +1970-/m],
    [['versions', '--limit', '9', '--cursor', '3'], 'GET', '?limit=9&cursor=3', list, '', /^1 /m],
    [['diff', '1', '2'], 'GET', '/2/diff?from=1', diff, '', /^fallback +anything +@cf\S+ +none$/m],
    [['activate', '1'], 'POST', '/1/activate', done, in60, /^inForceWithinS +60$/m],
  ])('routing %j', async (argv, method, path, body, stderr, table) => {
    const system = await startSystem({ body });
    const env = { SKCLAW_URL: system.url };
    const ran = await skclaw(['routing', ...argv], { env });
    expect(ran).toMatchObject({ code: 0, stderr });
    expect(ran.data()).toEqual(body);
    expect(system.received).toMatchObject([{ method, url: `/admin/api/routing/policies${path}` }]);
    expect(system.received[0]?.body).toBeUndefined();
    const shown = await skclaw(['routing', ...argv, '--format', 'table'], { env });
    expect(shown.stdout).toMatch(table);
  });

  test('a table of versions says how to get the older ones', async () => {
    const { url } = await startSystem({ body: list });
    const argv = ['routing', 'versions', '--format', 'table'];
    const { stderr } = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(stderr).toBe('There are more: --cursor 7\n');
  });

  test('that do not differ are an empty diff', async () => {
    const same = { from: 1, to: 1, added: [], removed: [], changed: [], combinations: [] };
    const { url } = await startSystem({ body: same });
    const ran = await skclaw(['routing', 'diff', '1', '1'], { env: { SKCLAW_URL: url } });
    expect(ran.data()).toEqual(same);
  });

  test('a diff shows who gets another route, and rules that are gone', async () => {
    const { url } = await startSystem({ body: diff });
    const argv = ['routing', 'diff', '1', '2', '--format', 'table'];
    const { stdout } = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(stdout).toMatch(/^removed +tier premium, workload chat +rule 2 +-$/m);
    expect(stdout).toMatch(
      /^route +premium chat on any other platform +@cf\S+, else \S+ +@cf\S+$/m,
    );
  });

  test.each([
    [['diff', '1'], 'missing required args'],
    [['diff', '1', 'x'], '<to> must be the number of a version'],
    [['activate', '0'], '<version> must be the number of a version'],
    [['activate', '../x'], '<version> must be the number of a version'],
    [['versions', '--limit', '0'], '--limit must be'],
  ])('routing %j is refused before it asks anything', async (argv, message) => {
    const ran = await skclaw(['routing', ...argv]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    [404, 'not_found', 1],
    [409, 'conflict', 1],
    [403, 'forbidden', 2],
    [500, 'internal', 3],
  ])('activating ends with the system’s %i %s', async (status, code, exit) => {
    const error = { code, message: 'No.', details: ['a', 'b'] };
    const { url, received } = await startSystem({ status, body: { error } });
    const ran = await skclaw(['routing', 'activate', '9'], { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
    expect(received).toHaveLength(1);
  });
});
