import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, type CreatedTenant } from '../contract/api.ts';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { ACCESS, type CallerKind } from './access.ts';
import { MEMBER, SCHEDULE, SESSION, SNAPSHOT } from './doubles/agent.ts';
import { createWorld, type World } from './doubles/world.ts';
import type { RouteSpec } from './route.ts';
import { ROUTES } from './routes/index.ts';

const SYSTEM = 'http://localhost:8787';
const HOST = 'chat.audited.example';
let world: World;
let tenant: CreatedTenant;
let other: CreatedTenant;

async function ask(method: string, path: string, body?: object): Promise<Response> {
  return world.ask(SYSTEM + path, { method, ...(body && { body: JSON.stringify(body) }) });
}
async function createTenant(): Promise<CreatedTenant> {
  const body = { platform: 'streamkinetics.com', tier: 'free' };
  return createdTenant.parse(await (await ask('POST', '/admin/api/tenants', body)).json());
}
const addHost = (): Promise<Response> =>
  ask('POST', `/admin/api/tenants/${tenant.id}/hostnames`, { hostname: HOST });
const addOperator = (): Promise<Response> =>
  ask('POST', '/admin/api/operators', {
    kind: 'person',
    subject: 'ada@example.com',
    role: 'viewer',
  });
const storePolicy = (basedOn: number): Promise<Response> =>
  ask('POST', '/admin/api/routing/policies', {
    rules: SEED_POLICY.rules,
    note: 'Why not.',
    basedOn,
    activate: basedOn > 1,
  });

beforeEach(async () => {
  world = await createWorld();
  const tables = ['hostnames', 'operators', 'active_policy', 'policies', 'audit'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  [tenant, other] = [await createTenant(), await createTenant()];
  await ask('GET', '/admin/api/routing/policies/active');
});

/** Changes that an operator may ask for: any other method than GET, and the socket that can send. */
function isOperatorsChange({ method, path, on, action }: RouteSpec): boolean {
  const kinds: readonly CallerKind[] = ACCESS[action];
  const isTheirs = kinds.includes('admin') && (on.includes('system') || on.includes('by-path'));
  return isTheirs && (method !== 'GET' || path === '/api/socket');
}

/** Routes that change nothing, though they are no GET. */
const CHANGES_NOTHING: Record<string, string> = {
  'POST /admin/api/routing/policies/check': 'checks rules and stores nothing',
  'POST /admin/api/routing/explain': 'says what a policy would do',
  'POST /admin/api/routing/replay': 'says what rules would have done',
  'POST /admin/api/routing/test': 'is one model call, booked as the system tenant’s usage',
};

interface Drive {
  body?: object;
  /** What has to be there first. */
  first?(): Promise<unknown>;
  status?: number;
}

/** Changes that are asked for by path and under the tenant's id alike. */
function ofTenant(prefixes: string[], drives: Record<string, Drive>): Record<string, Drive> {
  return Object.fromEntries(
    Object.entries(drives).flatMap(([name, drive]) =>
      prefixes.map((prefix) => [name.replace(' ', ` ${prefix}`), drive]),
    ),
  );
}

/** How each change is asked for; `:id` and the like are filled in. */
const DRIVES: Record<string, Drive> = {
  'POST /admin/api/tenants': {
    body: { platform: 'streamkinetics.com', tier: 'free' },
    status: 201,
  },
  'PATCH /admin/api/tenants/:id': { body: { tier: 'premium' } },
  'POST /admin/api/tenants/:id/suspend': {},
  'POST /admin/api/tenants/:id/resume': {
    first: () => ask('POST', `/admin/api/tenants/${tenant.id}/suspend`),
  },
  'DELETE /admin/api/tenants/:id': {},
  'POST /admin/api/tenants/:id/hostnames': { body: { hostname: HOST } },
  'DELETE /admin/api/tenants/:id/hostnames/:hostname': { first: addHost },
  'POST /admin/api/tenants/:id/hostnames/:hostname/move': { first: addHost },
  'POST /admin/api/operators': {
    body: { kind: 'service', subject: 'ci.access', role: 'viewer' },
    status: 201,
  },
  'PATCH /admin/api/operators/:subject': { body: { role: 'admin' }, first: addOperator },
  'DELETE /admin/api/operators/:subject': { first: addOperator, status: 204 },
  'POST /admin/api/agents/:id/wake': {},
  'POST /admin/api/agents/:id/sleep': {},
  'POST /admin/api/agents/:id/restart': { status: 202 },
  'POST /admin/api/agents/:id/flush': {},
  'POST /admin/api/agents/:id/snapshots': { status: 202 },
  'POST /admin/api/agents/:id/snapshots/:snapshotId/restore': { status: 202 },
  'DELETE /admin/api/agents/:id/snapshots/:snapshotId': { status: 204 },
  'POST /admin/api/routing/policies': {
    body: { rules: SEED_POLICY.rules, note: 'Why not.', basedOn: 1 },
    status: 201,
  },
  'POST /admin/api/routing/policies/:version/activate': { first: () => storePolicy(1) },
  'POST /admin/api/routing/rollback': {
    first: async () => (await storePolicy(1), storePolicy(2)),
  },
  'GET /api/socket': { status: 101 },
  ...ofTenant(['/api', '/admin/api/agents/:id'], {
    'POST /devices/approve-all': {},
    'POST /devices/:requestId/approve': {},
    'POST /devices/:requestId/reject': { status: 204 },
    'DELETE /devices/:deviceId': { status: 204 },
  }),
  ...ofTenant(['/api', '/admin/api/tenants/:id'], {
    'POST /invites': { status: 201 },
    'DELETE /invites/:inviteId': {},
    'PATCH /members/:memberId': { body: { role: 'user' } },
    'DELETE /members/:memberId': {},
    'DELETE /sign-ins/:signInId': {},
    'POST /keys': { body: { name: 'x', workloads: ['chat'] }, status: 201 },
    'DELETE /keys/:keyId': {},
    'POST /sessions': { status: 201 },
    'PATCH /sessions/:sessionId': { body: { title: 'Another' } },
    'DELETE /sessions/:sessionId': { status: 204 },
    'POST /sessions/:sessionId/turns': { body: { id: 'message-1', text: 'Hello' }, status: 202 },
    'POST /sessions/:sessionId/stop': {},
    'POST /schedules': {
      body: { name: 'x', cron: '0 9 * * *', prompt: 'Say hello.' },
      status: 201,
    },
    'PATCH /schedules/:scheduleId': { body: { enabled: false } },
    'DELETE /schedules/:scheduleId': { status: 204 },
    'POST /schedules/:scheduleId/run': { status: 202 },
  }),
};

function pathOf({ path, on }: RouteSpec): string {
  const named = path
    .replace(':hostname', HOST)
    .replace(':subject', 'ada@example.com')
    .replace(':snapshotId', SNAPSHOT.id)
    .replace(':version', '2')
    .replace(/:(?:inviteId|memberId|signInId|keyId|requestId|deviceId)/, MEMBER.id)
    .replace(':sessionId', SESSION.id)
    .replace(':scheduleId', SCHEDULE.id)
    .replace(':id', tenant.id);
  return on.includes('system') ? named : `/t/${tenant.slug}${named}`;
}

function bodyOf({ path, method }: RouteSpec, { body }: Drive): object | undefined {
  if (path.endsWith('/move')) return { to: other.id };
  return method === 'DELETE' && path === '/admin/api/tenants/:id' ? { slug: tenant.slug } : body;
}

describe('every change that an operator may ask for', () => {
  const changes = ROUTES.filter(isOperatorsChange).map(
    (spec) => [`${spec.method} ${spec.path}`, spec] as const,
  );

  it('is known here, and nothing is that is no route', () => {
    const known = [...Object.keys(CHANGES_NOTHING), ...Object.keys(DRIVES)];
    expect(known.toSorted()).toEqual(changes.map(([name]) => name).toSorted());
  });

  it.each(changes.filter(([name]) => !(name in CHANGES_NOTHING)))(
    'is in the audit with who and by which request: %s',
    async (name, spec) => {
      const drive = DRIVES[name] ?? {};
      await drive.first?.();
      const body = bodyOf(spec, drive);
      const response = await world.ask(SYSTEM + pathOf(spec), {
        method: spec.method,
        ...(body && { body: JSON.stringify(body) }),
        ...(spec.path === '/api/socket' && { headers: { upgrade: 'websocket' } }),
      });
      expect(response.status).toBe(drive.status ?? 200);
      const { results } = await env.DB.prepare(
        "SELECT actor, action, target FROM audit WHERE request_id = ? AND actor <> 'system'",
      )
        .bind(response.headers.get('x-request-id'))
        .all<{ actor: string; action: string; target: string }>();
      expect(results.length).toBeGreaterThanOrEqual(1);
      for (const { actor, action, target } of results) {
        expect([actor, action, target]).toEqual([
          'local',
          expect.stringMatching(/^[a-z-]+\.[a-z-]+$/),
          expect.stringMatching(/^[a-z-]+:./),
        ]);
      }
    },
  );

  it.each(Object.keys(CHANGES_NOTHING))('is none: %s leaves no entry', async (name) => {
    const [method = '', path = ''] = name.split(' ');
    const takesRules = /check$|replay$/.test(path);
    const body = takesRules ? { rules: SEED_POLICY.rules } : { tier: 'free' };
    const response = await ask(method, path, body);
    expect(response.status).toBe(200);
    const { results } = await env.DB.prepare('SELECT 1 FROM audit WHERE request_id = ?')
      .bind(response.headers.get('x-request-id'))
      .all();
    expect(results).toEqual([]);
  });
});
