import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CreatedTenant } from '../contract/api.ts';
import { sandboxIdOf } from '../contract/ids.ts';
import { ACCESS, type Action } from './access.ts';
import { createStage, PLATFORM, type Stage } from './doubles/stage.ts';
import type { PlaceKind } from './locate.ts';
import type { RouteSpec } from './route.ts';
import { ROUTES } from './routes/index.ts';

/** What somebody is in a tenant, or to the system. */
type Part = 'nobody' | 'user' | 'owner' | 'key' | 'viewer' | 'maintainer' | 'admin';
type TenantName = 'A' | 'B';

const EVERYBODY = ['nobody', 'user', 'owner', 'key', 'viewer', 'maintainer', 'admin'] as const;
const LOOKING = ['viewer', 'maintainer', 'admin'] as const;
const OPERATING = ['maintainer', 'admin'] as const;
const MEMBERS = ['user', 'owner'] as const;

/** Who may what, said a second time and apart from ACCESS: an action that is missing here is an error. */
const MAY: Record<Action, readonly Part[]> = {
  'system.ping': EVERYBODY,
  'system.status': EVERYBODY,
  'system.health': LOOKING,
  'overview.read': LOOKING,
  'system.debug': ['admin'],
  'secret.compare': ['admin'],
  'operator.me': LOOKING,
  'operator.list': LOOKING,
  'operator.write': ['admin'],
  'audit.read': LOOKING,
  'admin.pages': LOOKING,
  'tenant.list': LOOKING,
  'tenant.read': LOOKING,
  'tenant.create': OPERATING,
  'tenant.update': OPERATING,
  'tenant.suspend': OPERATING,
  'tenant.resume': OPERATING,
  'tenant.delete': ['admin'],
  'hostname.list': LOOKING,
  'hostname.write': OPERATING,
  'member.read': ['owner', ...LOOKING],
  'member.write': ['owner', ...OPERATING],
  'invite.read': ['owner', ...LOOKING],
  'invite.write': ['owner', ...OPERATING],
  'sign-in.read': [...MEMBERS, ...LOOKING],
  'sign-in.write': [...MEMBERS, ...OPERATING],
  'usage.read': LOOKING,
  'usage.own': ['owner', ...LOOKING],
  'allowance.read': [...MEMBERS, ...LOOKING],
  'notice.list': LOOKING,
  'agent.list': LOOKING,
  'agent.inspect': LOOKING,
  'agent.logs': OPERATING,
  'agent.wake': OPERATING,
  'agent.sleep': OPERATING,
  'agent.restart': OPERATING,
  'agent.flush': OPERATING,
  'snapshot.list': LOOKING,
  'snapshot.own': ['owner', ...LOOKING],
  'snapshot.create': OPERATING,
  'snapshot.download': OPERATING,
  'snapshot.restore': OPERATING,
  'snapshot.delete': OPERATING,
  'routing.read': LOOKING,
  'routing.test': OPERATING,
  'routing.write': OPERATING,
  'routing.activate': OPERATING,
  'member.sign-in': ['nobody', ...MEMBERS],
  'member.sign-out': MEMBERS,
  'member.me': [...MEMBERS, ...LOOKING],
  'session.read': [...MEMBERS, 'key', ...LOOKING],
  'session.write': [...MEMBERS, 'key', ...OPERATING],
  'key.read': ['owner', ...LOOKING],
  'key.write': ['owner', ...OPERATING],
  'model.call': ['key'],
  'model.list': ['key'],
  'schedule.read': [...MEMBERS, ...LOOKING],
  'schedule.write': ['owner', ...OPERATING],
  'chat.socket': [...MEMBERS, ...OPERATING],
  'openclaw.connect': ['key'],
  'device.list': ['owner', ...LOOKING],
  'device.approve': ['owner', ...OPERATING],
};

/**
 * Bodies of changes that would be refused for their form before anybody asks who sent them, without
 * `/api` and `/admin/api/tenants/:id`.
 */
const BODIES: Record<string, object> = {
  'POST /v1/chat/completions': { model: 'chat', messages: [{ role: 'user', content: 'hi' }] },
  'POST /sessions/:sessionId/turns': { id: 'message-1', text: 'hi' },
  'PATCH /sessions/:sessionId': { title: 'Other' },
  'PATCH /members/:memberId': { name: 'Other' },
  'POST /keys': { name: 'another' },
  'POST /schedules': { name: 'daily', cron: '0 9 * * *', prompt: 'hi' },
  'PATCH /schedules/:scheduleId': { name: 'weekly' },
};

/** Somebody who asks: what they are, where, and what their requests carry. */
interface Actor {
  name: string;
  part: Part;
  /** The tenant they are of; null for operators and for nobody. */
  of: TenantName | null;
  headers: Record<string, string>;
}

const NOWHERE = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
/** Refusals of where somebody asks. Those of who asks are 401 and 403; all else is the route's own answer. */
const ELSEWHERE = new Set(['unknown_host', 'tenant_not_found', 'misdirected']);

/** Actions after which the people of the play are not what they were. */
const CHANGING = new Set<Action>(['tenant.suspend', 'member.sign-out']);

let stage: Stage;
let tenants: Record<TenantName, CreatedTenant>;
let actors: Actor[];

/** Changes an agent's SQLite behind its back, and has it forget what it remembers. */
async function changeAgent(tenant: CreatedTenant, sql: string): Promise<void> {
  const stub = env.TENANT_AGENT.getByName(sandboxIdOf(tenant.id));
  await runInDurableObject(stub, (_agent, state) => void state.storage.sql.exec(sql));
}

/** Callers with one kind of credential each: good ones, and every way in which one is not. */
async function makeActors(): Promise<Actor[]> {
  const { A, B } = tenants;
  const actor = (name: string, part: Part, of: TenantName | null, headers: object): Actor => ({
    name,
    part,
    of,
    headers: headers as Record<string, string>,
  });
  const origin = `https://${A.hostname}`;
  const revoked = await stage.signIn(A, 'user');
  await stage.ask(`${origin}/api/sign-out`, { method: 'POST', headers: revoked });
  const deadKey = await stage.makeKey(A);
  await stage.ask(`https://api.${PLATFORM}/t/${A.slug}/api/keys/${deadKey.id}`, {
    method: 'DELETE',
    headers: await stage.assertion({ email: 'admin@example.com' }),
  });
  const oldKey = await stage.makeKey(A);
  await changeAgent(A, `UPDATE api_keys SET expires_at = 1 WHERE id = '${oldKey.id}'`);
  const old = await stage.signIn(A, 'owner');
  await changeAgent(
    A,
    'UPDATE sign_ins SET expires_at = 1 WHERE id = (SELECT max(id) FROM sign_ins)',
  );
  const owner = await stage.signIn(A, 'owner');
  const key = await stage.makeKey(A);
  const { id: _, ...bearer } = key;
  const wrongKey = `${key['authorization']?.slice(0, -8)}AAAAAAAA`;
  const [value = '', signature = ''] = (owner['cookie'] ?? '').split('.');
  const forgedCookie = `${value}.${signature.split('').toReversed().join('')}`;
  const admin = { email: 'admin@example.com' };
  return [
    actor('nobody', 'nobody', null, {}),
    actor('a sandbox, which has headers of ours and no credential', 'nobody', null, {
      'x-sk-caller': JSON.stringify({ kind: 'operator', subject: 'local', role: 'admin' }),
      'x-sk-ticket': 'x',
    }),
    actor('user of A', 'user', 'A', await stage.signIn(A, 'user')),
    actor('owner of A', 'owner', 'A', owner),
    actor('key of A', 'key', 'A', bearer),
    actor('member of B', 'owner', 'B', await stage.signIn(B, 'owner')),
    actor('key of B', 'key', 'B', { authorization: (await stage.makeKey(B))['authorization'] }),
    actor('viewer', 'viewer', null, await stage.operator('viewer')),
    actor('maintainer', 'maintainer', null, await stage.operator('maintainer')),
    actor('admin', 'admin', null, await stage.operator('admin')),
    actor('forged cookie', 'nobody', null, { cookie: forgedCookie, origin }),
    actor('forged key', 'nobody', null, { authorization: wrongKey }),
    actor(
      'forged assertion',
      'nobody',
      null,
      await stage.assertion(admin, { key: stage.foreignKey }),
    ),
    actor('expired sign-in', 'nobody', null, old),
    actor('expired key', 'nobody', null, { authorization: oldKey['authorization'] }),
    actor('expired assertion', 'nobody', null, await stage.assertion(admin, { expiresInS: -60 })),
    actor('revoked sign-in', 'nobody', null, revoked),
    actor('revoked key', 'nobody', null, { authorization: deadKey['authorization'] }),
    actor('operator who was removed', 'nobody', null, await stage.assertion({ email: 'x@y.z' })),
  ];
}

beforeAll(async () => {
  stage = await createStage();
  tenants = { A: await stage.tenant(), B: await stage.tenant() };
  actors = await makeActors();
});

function addressOf(spec: RouteSpec, place: PlaceKind, tenant: CreatedTenant): string {
  const path = spec.path
    .replace(/^(\/admin\/api\/(?:tenants|agents))\/:\w+/, `$1/${tenant.id}`)
    .replaceAll(/:version/g, '1')
    .replaceAll(/:\w+/g, NOWHERE);
  if (place === 'tenant') return `https://${tenant.hostname}${path}`;
  return place === 'by-path'
    ? `https://api.${PLATFORM}/t/${tenant.slug}${path}`
    : `https://api.${PLATFORM}${path}`;
}

/** Whether an actor may, by the table and by where their credential counts. */
function isAllowed(spec: RouteSpec, place: PlaceKind, actor: Actor, target: TenantName): boolean {
  const isMember = actor.part === 'user' || actor.part === 'owner';
  const isOperator = actor.part !== 'nobody' && actor.of === null;
  // Cookies count on their own host only, and Access anywhere but there.
  const counts =
    (isMember && place === 'tenant' && actor.of === target) ||
    (actor.part === 'key' && place !== 'system' && actor.of === target) ||
    (isOperator && place !== 'tenant');
  const may = MAY[spec.action];
  if (counts) return may.includes(actor.part);
  // Who brings a key is taken for a program everywhere but on the system, if for a wrong one.
  const isProgram = place !== 'system' && 'authorization' in actor.headers;
  return may.includes('nobody') && (!isProgram || may.includes('key'));
}

/** Asks a route as a page of the same origin, or a program, would. Answers the code of the door's refusal. */
async function refusalOf(spec: RouteSpec, url: string, { headers }: Actor): Promise<string | null> {
  const { method } = spec;
  const path = spec.path.replace(/^(?:\/admin\/api\/tenants\/:id|\/api)(?=\/)/, '');
  const body = BODIES[`${method} ${path}`] ?? {};
  const isSocket = /\/(?:socket|openclaw|live)$/.test(spec.path);
  const response = await stage.ask(url, {
    method,
    headers: {
      ...headers,
      ...('cookie' in headers ? { origin: new URL(url).origin } : {}),
      ...(isSocket ? { upgrade: 'websocket' } : {}),
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
  response.webSocket?.accept();
  response.webSocket?.close();
  if (response.status < 400) return null;
  const { error } = (await response.json()) as { error: { code: string } };
  const isRefused = response.status === 401 || response.status === 403;
  const isOfTenant = error.code === 'tenant_suspended';
  return (isRefused && !isOfTenant) || ELSEWHERE.has(error.code) ? error.code : null;
}

/** What a route's own doing has changed is put right, so that the next one meets the same people. */
async function heal(): Promise<void> {
  for (const name of ['A', 'B'] as const) {
    const path = `/admin/api/tenants/${tenants[name].id}`;
    const { status } = await stage.order<{ status: string }>('GET', path);
    if (status === 'suspended') await stage.order('POST', `${path}/resume`);
  }
  actors = await makeActors();
}

describe('who may what', () => {
  it('is expected of every action there is', () => {
    expect(Object.keys(MAY).toSorted()).toEqual(Object.keys(ACCESS).toSorted());
  });

  const cells = ROUTES.flatMap((spec) => spec.on.map((place) => ({ spec, place })));
  it.each(cells.map((cell) => [`${cell.spec.method} ${cell.spec.path} (${cell.place})`, cell]))(
    '%s is for exactly those who may',
    async (_, { spec, place }) => {
      const wrong: string[] = [];
      for (const target of ['A', 'B'] as const) {
        const url = addressOf(spec, place, tenants[target]);
        for (const actor of actors) {
          const refused = await refusalOf(spec, url, actor);
          const allowed = isAllowed(spec, place, actor, target);
          if ((refused === null) !== allowed)
            wrong.push(`${actor.name} → ${target}: ${refused ?? 'passed'}`);
        }
      }
      if (CHANGING.has(spec.action)) await heal();
      expect(wrong).toEqual([]);
    },
  );
});
