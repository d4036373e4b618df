import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { debugEnv, debugLogs, debugProcesses, debugVersion } from '../../contract/debug.ts';
import { createProduction, type Production } from '../doubles/production.ts';
import { debugRoutes } from './debug.ts';

const APEX = 'https://streamkinetics.com';
let world: Production;
let tenant: { id: string; slug: string };
beforeEach(async () => {
  world = await createProduction({ DEBUG_ROUTES: 'true' });
  tenant = await world.tenant();
});

const ask = (path: string, headers: Record<string, string> = world.admin): Promise<Response> =>
  world.ask(`${APEX}/admin/api/debug/${path}`, { headers });

describe('debug routes', () => {
  it.each(debugRoutes.map(({ path }) => path))(
    'are there by flag and role only: %s',
    async (path) => {
      const url = `${APEX}${path}?tenant=${tenant.slug}`;
      expect((await world.ask(url, { headers: world.admin })).status).toBe(200);
      expect((await world.ask(url)).status).toBe(401);
      const closed = await createProduction({ DEBUG_ROUTES: 'false' });
      for (const headers of [closed.admin, {}] as Record<string, string>[]) {
        expect((await closed.ask(url, { headers })).status).toBe(404);
      }
    },
  );

  it('are for admins: a maintainer is refused', async () => {
    await env.DB.prepare(
      `INSERT INTO operators (subject, kind, role, created_by, created_at) VALUES (?, 'person', 'maintainer', 'x', 1)`,
    )
      .bind('root@example.com')
      .run();
    world.env.ACCESS_ADMINS = '';
    const me = await world.ask(`${APEX}/admin/api/me`, { headers: world.admin });
    expect(await me.json()).toMatchObject({ role: 'maintainer' });
    expect((await ask('env')).status).toBe(403);
  });

  it('show public variables as they are, and of all else only whether it is set', async () => {
    const response = await ask('env');
    const text = await response.text();
    const { vars, set } = debugEnv.parse(JSON.parse(text));
    expect(vars).toMatchObject({ PLATFORMS: 'streamkinetics.com', DEV_MODE: 'false' });
    expect(set).toMatchObject({
      CLOUDFLARE_AI_GATEWAY_API_KEY: true,
      SESSION_SIGNING_KEYS: true,
      ACCESS_ADMINS: true,
      DB: true,
      SIGN_IN_LIMIT: true,
    });
    expect(text).not.toContain(env.SESSION_SIGNING_KEYS);
    expect(text).not.toContain(env.CLOUDFLARE_AI_GATEWAY_API_KEY);
    expect(text).not.toContain('root@example.com');
  });

  it('show what the release is made of', async () => {
    const version = debugVersion.parse(await (await ask('version')).json());
    expect(version).toMatchObject({ compatibilityDate: '2026-11-01', supervisorProtocol: 1 });
  });

  it('look into a tenant’s sandbox, wake nothing, and book who has looked', async () => {
    const at = `tenant=${tenant.id}`;
    const { processes } = debugProcesses.parse(await (await ask(`processes?${at}`)).json());
    const { lines } = debugLogs.parse(await (await ask(`logs?${at}&lines=5`)).json());
    expect([processes[0]?.name, lines[0]?.msg]).toEqual(['node', 'gateway is ready']);
    const methods = world.agent(tenant.id).asked.map(({ method }) => method);
    expect(methods).toEqual(['apply', 'createInvite', 'sandboxProcesses', 'sandboxLogs']);
    const { results } = await env.DB.prepare(
      `SELECT action, actor FROM audit WHERE target = ? ORDER BY id`,
    )
      .bind(`agent:${tenant.id}`)
      .all();
    const actor = 'root@example.com';
    expect(results).toEqual([
      { action: 'debug.processes', actor },
      { action: 'debug.logs', actor },
    ]);
  });

  it('take no more lines than are given at once, and no tenant that is none', async () => {
    expect((await ask(`logs?tenant=${tenant.slug}&lines=201`)).status).toBe(400);
    expect((await ask('logs')).status).toBe(400);
    expect((await ask('logs?tenant=nobody-here')).status).toBe(404);
  });
});
