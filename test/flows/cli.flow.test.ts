import { describe, expect, inject, it } from 'vitest';
import { createdTenant, routingTestResult, usageList } from '../../contract/api.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { setDown } from '../support/model-record.ts';
import { runSkclaw, type Ran } from '../support/skclaw.ts';

describe('skclaw against the running system', () => {
  const system = inject('system');

  const skclaw = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
    runSkclaw(system.url, args, env);

  const create = ['tenant', 'create', '--platform', 'streamkinetics.com', '--tier', 'premium'];

  it('creates a tenant and prints id, slug, hostname and invite as JSON', async () => {
    const { code, stdout } = await skclaw(create);
    expect(code).toBe(0);
    const tenant = createdTenant.parse(JSON.parse(stdout));
    expect(tenant.hostname).toBe(`${tenant.slug}.streamkinetics.com`);
    expect(tenant.invite?.url).toContain(`//${tenant.slug}.localhost:`);

    const got = await skclaw(['tenant', 'get', '--tenant-id', tenant.id]);
    expect(JSON.parse(got.stdout)).toMatchObject({
      id: tenant.id,
      sandboxId: `tenant-${tenant.id}`,
    });
    const updated = await skclaw(['tenant', 'update', '--tenant-id', tenant.id, '--tier', 'free']);
    expect(JSON.parse(updated.stdout)).toMatchObject({ tier: 'free', version: 2, pending: false });
    const look = await skclaw(['agent', 'inspect', '--tenant-id', tenant.id]);
    expect(JSON.parse(look.stdout)).toMatchObject({ tier: 'free', agent: { state: 'asleep' } });
  });

  it('prints a table when asked', async () => {
    const { code, stdout } = await skclaw([...create, '--format', 'table']);
    expect(code).toBe(0);
    expect(() => JSON.parse(stdout) as unknown).toThrow();
    expect(stdout).toMatch(/hostname\s+\S+\.streamkinetics\.com/i);
  });

  it('tests a route by a real call that is booked under the system tenant', async () => {
    const { code, stdout } = await skclaw(['routing', 'test', '--tier', 'premium']);
    expect(code).toBe(0);
    const result = routingTestResult.parse(JSON.parse(stdout));
    expect(result.model).toMatch(/^@cf\//);
    expect(result.explanation).toContain('tier premium');
    expect(result.latencyMs).toBeGreaterThanOrEqual(0);
    expect(result.tokensIn).toBeGreaterThan(0);
    expect(result.logId).toBeTruthy();

    const admin = new LocalAdmin(system.url);
    await admin.call('POST', `/agents/${SYSTEM_TENANT_ID}/flush`);
    const { rows } = usageList.parse(await admin.call('GET', `/tenants/${SYSTEM_TENANT_ID}/usage`));
    const row = rows.find(({ call_id: id }) => id === result.callId);
    expect(row).toMatchObject({
      tenant_id: SYSTEM_TENANT_ID,
      log_id: result.logId,
      tokens_in: result.tokensIn,
      tokens_out: result.tokensOut,
      source: 'agent',
    });
  });

  it('exits 1 for an unknown tier, 2 for a refused credential, 3 when AI Gateway is down', async () => {
    const unknown = await skclaw(['routing', 'test', '--tier', 'gold']);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: expect.any(String) } });

    const refused = await skclaw(['tenant', 'list'], {
      SKCLAW_ENV: 'staging',
      CF_ACCESS_CLIENT_ID: 'nobody.access',
      CF_ACCESS_CLIENT_SECRET: 'wrong',
    });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'access_denied' } });

    await setDown(system.controlUrl, true);
    try {
      const down = await skclaw(['routing', 'test', '--tier', 'premium']);
      expect(down).toMatchObject({ code: 3, stdout: '' });
      expect(JSON.parse(down.stderr)).toMatchObject({ error: { code: 'upstream_failed' } });
    } finally {
      await setDown(system.controlUrl, false);
    }
  });

  it('validates the environment, and says so by its exit code', async () => {
    const { code, stdout } = await skclaw(['env', 'validate']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });
});
