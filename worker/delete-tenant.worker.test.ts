import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createdTenant,
  tenantList,
  updatedTenant,
  type CreatedTenant,
  type TenantView,
} from '../contract/api.ts';
import { errorBody } from '../contract/errors.ts';
import { addressOfHost } from '../db/queries/hostnames.ts';
import { openDb } from '../db/queries/open.ts';
import { tenantById } from '../db/queries/tenants.ts';
import { SLUG_REST_MS } from './create-tenant.ts';
import { sweepAgents } from './cron.ts';
import { INVITE_TOKEN } from './doubles/agent.ts';
import { createWorld, type World } from './doubles/world.ts';

const TENANTS = 'http://localhost:8787/admin/api/tenants';
const db = openDb(env.DB);
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  tenant = createdTenant.parse(await (await create()).json());
});

function create(slug?: string): Promise<Response> {
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free', slug });
  return world.ask(TENANTS, { method: 'POST', body });
}
const erase = (slug = tenant.slug, reference = tenant.id): Promise<Response> =>
  world.ask(`${TENANTS}/${reference}`, { method: 'DELETE', body: JSON.stringify({ slug }) });
const erased = async (): Promise<TenantView & { pending: boolean }> =>
  updatedTenant.parse(await (await erase()).json());
const read = (reference: string): Promise<Response> => world.ask(`${TENANTS}/${reference}`);
const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;
const list = async (query: string): Promise<string[]> => {
  const page = tenantList.parse(await (await world.ask(`${TENANTS}?${query}`)).json());
  return page.tenants.map(({ id }) => id);
};

async function signIn(): Promise<string> {
  const response = await world.ask(`${tenant.url}/api/sign-in`, {
    method: 'POST',
    headers: { origin: tenant.url },
    body: JSON.stringify({ invite: INVITE_TOKEN }),
  });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}
const me = (cookie: string): Promise<Response> =>
  world.ask(`${tenant.url}/api/me`, { headers: { cookie } });

/** What is left of a tenant in D1 and KV. */
async function leftovers() {
  const count = (table: string, column: string) =>
    env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`)
      .bind(tenant.id)
      .first<number>('n');
  return {
    status: (await tenantById(db, tenant.id))?.status,
    hostnames: await count('hostnames', 'tenant_id'),
    agents: await count('agents', 'tenant_id'),
    copy: await env.DIRECTORY.get(`host:${tenant.hostname}`),
  };
}
const NOTHING = { status: 'deleted', hostnames: 0, agents: 0, copy: null };

describe('deleting a tenant', () => {
  it('wants its slug typed again', async () => {
    expect(await codeOf(await erase('another'))).toBe('invalid_request');
    const bare = await world.ask(`${TENANTS}/${tenant.id}`, { method: 'DELETE' });
    expect(await codeOf(bare)).toBe('invalid_request');
    expect((await tenantById(db, tenant.id))?.status).toBe('active');
  });

  it('leaves nothing but its tombstone and its books, and says who did it', async () => {
    await me(await signIn());
    expect((await leftovers()).copy).not.toBeNull();
    const response = await erase();
    expect(response.status).toBe(200);
    const view = updatedTenant.parse(await response.json());
    expect(view).toMatchObject({ status: 'deleted', hostnames: [], pending: false });
    expect(view.deletedAt).toBeGreaterThan(tenant.createdAt);
    expect(await leftovers()).toEqual(NOTHING);
    const { results } = await env.DB.prepare(
      'SELECT action, before, after FROM audit WHERE tenant_id = ? ORDER BY id',
    )
      .bind(tenant.id)
      .all<{ action: string; before: string; after: string }>();
    const [deleted, gone] = results.slice(-2);
    expect([deleted?.action, gone?.action]).toEqual(['tenant.delete', 'tenant.erased']);
    expect(JSON.parse(deleted?.before ?? '')).toEqual({ status: 'active', version: 1 });
    expect(JSON.parse(deleted?.after ?? '')).toEqual({ status: 'deleting', version: 2 });
  });

  it('goes on as long as the agent has something to book, and members are told', async () => {
    const cookie = await signIn();
    world.agent(tenant.id).settled = false;
    const response = await erase();
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ status: 'deleting', version: 2, pending: true });
    expect(await codeOf(await me(cookie))).toBe('tenant_deleted');
    expect(await list('')).toContain(tenant.id);
    for (const what of ['suspend', 'resume', 'invites']) {
      const refused = await world.ask(`${TENANTS}/${tenant.id}/${what}`, { method: 'POST' });
      expect(await codeOf(refused)).toBe('tenant_deleted');
    }
    await sweepAgents(world.env, world.deps);
    expect(await leftovers()).toMatchObject({ status: 'deleting', hostnames: 1 });
    world.agent(tenant.id).settled = true;
    await sweepAgents(world.env, world.deps);
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('again changes nothing', async () => {
    world.agent(tenant.id).settled = false;
    expect(await erased()).toMatchObject({ status: 'deleting', version: 2 });
    expect(await erased()).toMatchObject({ status: 'deleting', version: 2 });
    world.agent(tenant.id).settled = true;
    const gone = await erased();
    expect(gone.status).toBe('deleted');
    expect(await erased()).toEqual(gone);
  });

  it('also takes one whose agent was never told anything', async () => {
    world.agent(tenant.id).record = null;
    expect(await erased()).toMatchObject({ status: 'deleted' });
    expect(await leftovers()).toEqual(NOTHING);
  });
});

describe('a deleted tenant', () => {
  it('is found by its id, and in the list of deleted ones only', async () => {
    await erase();
    expect(await (await read(tenant.id)).json()).toMatchObject({ status: 'deleted' });
    expect(await codeOf(await read(tenant.slug))).toBe('tenant_not_found');
    expect(await list('')).not.toContain(tenant.id);
    expect(await list('status=deleted')).toContain(tenant.id);
    expect(await list('status=active')).not.toContain(tenant.id);
  });

  it('is an unknown host, even where a copy still names it', async () => {
    const cookie = await signIn();
    await erase();
    await env.DIRECTORY.put(`host:${tenant.hostname}`, JSON.stringify({ tenantId: tenant.id }));
    expect(await codeOf(await me(cookie))).toBe('unknown_host');
    expect(await env.DIRECTORY.get(`host:${tenant.hostname}`)).toBeNull();
    expect(await addressOfHost(db, tenant.hostname)).toBeNull();
  });

  it('has no agent to look at', async () => {
    await erase();
    const before = world.agent(tenant.id).asked.length;
    const response = await world.ask(`http://localhost:8787/admin/api/agents/${tenant.id}`);
    expect(await codeOf(response)).toBe('tenant_deleted');
    expect(world.agent(tenant.id).asked).toHaveLength(before);
  });

  it('gives its slug up after it has rested, and not before', async () => {
    const { deletedAt } = await erased();
    const freeAt = (deletedAt ?? 0) + SLUG_REST_MS;
    const refused = await create(tenant.slug);
    const { error } = errorBody.parse(await refused.json());
    expect(error.code).toBe('slug_taken');
    expect(error.hint).toContain(new Date(freeAt).toISOString());
    world.deps.now = () => freeAt - 1;
    expect(await codeOf(await create(tenant.slug))).toBe('slug_taken');
    world.deps.now = () => freeAt;
    const again = await create(tenant.slug);
    expect(again.status).toBe(201);
    expect(createdTenant.parse(await again.json()).id).not.toBe(tenant.id);
    expect(await (await read(tenant.slug)).json()).toMatchObject({ status: 'active' });
  });
});

/** Makes calls of some methods pass by `use`, which may throw, as a crash at that moment would. */
function watched<T extends object>(
  target: T,
  isStep: (method: string, args: unknown[]) => boolean,
  use: () => void,
): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (isStep(String(name), args)) use();
        return (value as (...given: unknown[]) => unknown).apply(object, args);
      };
    },
  });
}

const isAgentStep = (method: string): boolean => ['apply', 'erase', 'drop'].includes(method);
const isCopyStep = (method: string): boolean => method === 'delete';
const isRowStep = (method: string, [sql]: unknown[]): boolean =>
  method === 'batch' || (method === 'prepare' && String(sql).startsWith('delete from "agents"'));

/** Deletes the tenant with a system that dies at the n-th step. False when it has fewer steps. */
async function eraseDying(n: number): Promise<boolean> {
  let steps = 0;
  const use = (): void => {
    steps += 1;
    if (steps === n) throw new Error('killed');
  };
  const { agentOf } = world.deps;
  world.deps.agentOf = (...args) => watched(agentOf(...args), isAgentStep, use);
  const dying = {
    ...world.env,
    DB: watched(world.env.DB, isRowStep, use),
    DIRECTORY: watched(world.env.DIRECTORY, isCopyStep, use),
  };
  const body = JSON.stringify({ slug: tenant.slug });
  const request = new Request(`${TENANTS}/${tenant.id}`, { method: 'DELETE', body });
  const ctx = createExecutionContext();
  await world.edge.fetch(request, dying, ctx);
  await waitOnExecutionContext(ctx);
  world.deps.agentOf = agentOf;
  return steps >= n;
}

it('a deletion that dies at any step ends the same when cron goes on', async () => {
  const seen: (string | undefined)[] = [];
  for (let n = 1; ; n += 1) {
    tenant = createdTenant.parse(await (await create()).json());
    await me(await signIn());
    if (!(await eraseDying(n))) break;
    const status = (await tenantById(db, tenant.id))?.status;
    seen.push(status);
    // Before it is marked nothing has happened, and the operator is told so.
    if (status === 'active') await erase();
    await sweepAgents(world.env, world.deps);
    expect([n, await leftovers()]).toEqual([n, NOTHING]);
    expect(world.agent(tenant.id).record).toBeNull();
  }
  // To mark; to tell, to empty, to forget the host, to bury; to forget it again, to drop, and its row.
  const marked = ['deleting', 'deleting', 'deleting', 'deleting'];
  expect(seen).toEqual(['active', ...marked, 'deleted', 'deleted', 'deleted']);
}, 30_000);
