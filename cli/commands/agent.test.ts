import { describe, expect, test } from 'vitest';
import type { AgentListEntry } from '../../contract/agent-list.ts';
import { INSPECTION, TENANT_ID } from '../testing/answers.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

const ENTRY: AgentListEntry = {
  tenantId: TENANT_ID,
  slug: 'acme',
  platform: 'streamkinetics.com',
  tier: 'premium',
  status: 'active',
  state: 'failed',
  since: Date.UTC(2026, 10, 22),
  generation: 3,
  nextDueAt: null,
  updatedAt: Date.UTC(2026, 10, 22),
  createdAt: Date.UTC(2026, 9, 1),
  attention: ['failed'],
};

describe('agent list', () => {
  test('asks for what is wanted and prints a page with its cursor', async () => {
    const page = { agents: [ENTRY], cursor: 'next', total: 2 };
    const system = await startSystem({ body: page });
    const argv = 'agent list --state failed --tier premium --platform streamkinetics.com';
    const wanted = '--status suspended --attention --sort slug --order desc';
    const more = `${wanted} --query ac --limit 1 --cursor before`;
    const ran = await skclaw(`${argv} ${more}`.split(' '), { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(page);
    const { pathname, searchParams } = new URL(system.received[0]?.url ?? '', system.url);
    expect(pathname).toBe('/admin/api/agents');
    expect(Object.fromEntries(searchParams)).toEqual({
      state: 'failed',
      status: 'suspended',
      attention: 'true',
      sort: 'slug',
      order: 'desc',
      tier: 'premium',
      platform: 'streamkinetics.com',
      q: 'ac',
      limit: '1',
      cursor: 'before',
    });
  });

  test('is valid JSON when there is none, and a table when asked', async () => {
    const empty = await startSystem({ body: { agents: [], cursor: null, total: 0 } });
    const none = await skclaw(['agent', 'list'], { env: { SKCLAW_URL: empty.url } });
    expect([none.code, none.data()]).toEqual([0, { agents: [], cursor: null, total: 0 }]);
    const system = await startSystem({ body: { agents: [ENTRY], cursor: 'next', total: 2 } });
    const argv = ['agent', 'list', '--format', 'table'];
    const { stdout, stderr } = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(stderr).toContain('--cursor next');
    expect(stdout).toMatch(/^SLUG +PLATFORM +TIER +STATUS +STATE +SINCE/);
    expect(stdout).toMatch(/^acme +\S+ +premium +active +failed +2026-11-22T00/m);
  });

  test('refuses a state that is none', async () => {
    const ran = await skclaw(['agent', 'list', '--state', 'dozing']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain('--state must be one of asleep, starting');
  });
});

describe('agent', () => {
  test.each([
    ['inspect', 'GET', '', INSPECTION],
    ['flush', 'POST', '/flush', { flushed: 2, unsettled: 1 }],
  ])('%s asks the agent and prints its answer', async (action, method, path, answer) => {
    const system = await startSystem({ body: answer });
    const argv = ['agent', action, '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(answer);
    expect(system.received).toMatchObject([{ method, url: `/admin/api/agents/acme${path}` }]);
  });

  test('inspect shows a table of dotted fields', async () => {
    const system = await startSystem({ body: INSPECTION });
    const argv = ['agent', 'inspect', '--tenant-id', 'acme', '--format', 'table'];
    const { stdout } = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(stdout).toMatch(/^agent\.state +asleep$/m);
    expect(stdout).toMatch(/^container\.running +no$/m);
    expect(stdout).toMatch(/^due +1$/m);
  });

  test.each([
    [404, 'tenant_not_found', 1],
    [403, 'forbidden', 2],
    [503, 'agent_unavailable', 3],
  ])('a refusal of %d %s exits %d with nothing on stdout', async (status, code, exit) => {
    const body = { error: { code, message: 'No.' } };
    for (const action of ['inspect', 'flush', 'wake', 'sleep', 'restart', 'watch', 'logs']) {
      const system = await startSystem({ status, body });
      const argv = ['agent', action, '--tenant-id', 'acme'];
      const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
      expect(ran).toMatchObject({ code: exit, stdout: '' });
      expect(ran.error()).toEqual(body.error);
    }
  });
});
