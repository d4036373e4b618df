import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, updatedTenant, type CreatedTenant } from '../contract/api.ts';
import { errorBody } from '../contract/errors.ts';
import {
  hostnameList,
  MAX_HOSTNAMES,
  movedHostname,
  type HostnameView,
} from '../contract/hostnames.ts';
import { sweepAgents } from './cron.ts';
import { API_KEY_TEXT, INVITE_TOKEN } from './doubles/agent.ts';
import { createWorld, type World } from './doubles/world.ts';

const TENANTS = 'http://localhost:8787/admin/api/tenants';
let world: World;
let a: CreatedTenant;
let b: CreatedTenant;
let host: string;

const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;
const send = (method: string, path: string, body?: object): Promise<Response> =>
  world.ask(TENANTS + (path && `/${path}`), {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
async function createTenant(): Promise<CreatedTenant> {
  const response = await send('POST', '', { platform: 'streamkinetics.com', tier: 'free' });
  return createdTenant.parse(await response.json());
}
const add = (tenant: CreatedTenant, hostname: string): Promise<Response> =>
  send('POST', `${tenant.id}/hostnames`, { hostname });
const remove = (tenant: CreatedTenant, hostname: string): Promise<Response> =>
  send('DELETE', `${tenant.id}/hostnames/${hostname}`);
const move = (from: CreatedTenant, to: CreatedTenant): Promise<Response> =>
  send('POST', `${from.id}/hostnames/${host}/move`, { to: to.slug });
async function list(tenant: CreatedTenant): Promise<HostnameView[]> {
  return hostnameList.parse(await (await send('GET', `${tenant.id}/hostnames`)).json()).hostnames;
}
async function audits(action: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM audit WHERE target = ? AND action = ? ORDER BY id',
  )
    .bind(`hostname:${host}`, action)
    .all();
  return results;
}

/** A request of A's member, and one with A's API key, on the custom host. */
const onHost = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  world.ask(`http://${host}.localhost:8787${path}`, { headers });
async function cookieOnHost(): Promise<string> {
  const origin = `http://${host}.localhost:8787`;
  const response = await world.ask(`${origin}/api/sign-in`, {
    method: 'POST',
    headers: { origin },
    body: JSON.stringify({ invite: INVITE_TOKEN }),
  });
  expect(response.status).toBe(201);
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}
/** Whether an agent did anything for a caller since it was last looked. */
function served(tenant: CreatedTenant): string[] {
  const { asked } = world.agent(tenant.id);
  return asked.splice(0).flatMap(({ method }) => (method === 'apply' ? [] : method));
}

beforeEach(async () => {
  world = await createWorld();
  [a, b] = [await createTenant(), await createTenant()];
  host = `chat-${crypto.randomUUID().slice(0, 8)}.customer.example`;
});

describe('a custom hostname', () => {
  it('reaches its tenant once it was added, whose agent knows it', async () => {
    const response = await add(a, `${host.toUpperCase()}.`);
    expect(response.status).toBe(200);
    const view = updatedTenant.parse(await response.json());
    expect(view).toMatchObject({ version: 2, appliedVersion: 2, pending: false });
    expect(view.hostnames.toSorted()).toEqual([a.hostname, host].toSorted());
    expect(world.agent(a.id).record?.hostnames).toContain(host);
    const cookie = await cookieOnHost();
    expect((await onHost('/api/me', { cookie })).status).toBe(200);
    expect(await list(a)).toMatchObject([
      { hostname: a.hostname, kind: 'own', state: 'active' },
      { hostname: host, kind: 'custom', state: 'active', tenantId: a.id, heirId: null },
    ]);
    expect(await audits('hostname.add')).toMatchObject([
      { tenant_id: a.id, actor: 'local', after: JSON.stringify({ tenantId: a.id, version: 2 }) },
    ]);
  });

  it('is claimed once', async () => {
    await add(a, host);
    expect(await codeOf(await add(b, host))).toBe('hostname_taken');
    expect(await (await add(a, host)).json()).toMatchObject({ version: 2, pending: false });
    expect(await audits('hostname.add')).toHaveLength(1);
  });

  it('is claimed once when several claim it at the same moment', async () => {
    const others = [b, await createTenant(), await createTenant()];
    const responses = await Promise.all([a, ...others].map((tenant) => add(tenant, host)));
    const statuses = responses.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 409, 409, 409]);
    expect(await audits('hostname.add')).toHaveLength(1);
  });

  it('may be added together with others to one tenant, and each gets in', async () => {
    const names = [1, 2, 3].map((n) => `n${n}.${host}`);
    const responses = await Promise.all(names.map((name) => add(a, name)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await list(a)).map(({ hostname }) => hostname)).toEqual(expect.arrayContaining(names));
    expect(world.agent(a.id).record).toMatchObject({ version: 4 });
    expect(world.agent(a.id).record?.hostnames).toEqual(expect.arrayContaining(names));
  });

  it('is refused where it is not a customer’s to have', async () => {
    for (const name of [
      '127.0.0.1',
      'api.streamkinetics.com',
      b.hostname,
      'acme.localhost',
      '*.x.y',
    ]) {
      expect([name, await codeOf(await add(a, name))]).toEqual([name, 'invalid_hostname']);
    }
    expect((await add(a, a.hostname)).status).toBe(200);
    expect(await codeOf(await send('POST', 'system/hostnames', { hostname: host }))).toBe(
      'invalid_request',
    );
  });

  it('is one of a bounded number', async () => {
    const statement = env.DB.prepare('INSERT INTO hostnames VALUES (?, ?, 1, NULL, NULL)');
    const names = Array.from({ length: MAX_HOSTNAMES - 1 }, (_, n) => `n${n}.${host}`);
    await env.DB.batch(names.map((name) => statement.bind(name, a.id)));
    expect(await codeOf(await add(a, host))).toBe('limit_reached');
    await add(b, host);
    expect(await codeOf(await move(b, a))).toBe('limit_reached');
    expect((await onHost('/api/me')).status).toBe(401);
  });

  it('is nobody’s once it was removed, and free for another', async () => {
    await add(a, host);
    const cookie = await cookieOnHost();
    const response = await remove(a, host);
    expect(response.status).toBe(200);
    expect(updatedTenant.parse(await response.json()).hostnames).toEqual([a.hostname]);
    expect(await codeOf(await onHost('/api/me', { cookie }))).toBe('unknown_host');
    expect(await codeOf(await remove(a, host))).toBe('not_found');
    expect((await add(b, host)).status).toBe(200);
  });

  it('stays when it is the slug’s own, or another tenant’s', async () => {
    await add(a, host);
    expect(await codeOf(await remove(a, a.hostname))).toBe('conflict');
    expect(await codeOf(await remove(b, host))).toBe('not_found');
    expect(await codeOf(await remove(b, a.hostname))).toBe('not_found');
    const own = await send('POST', `${a.id}/hostnames/${a.hostname}/move`, { to: b.id });
    expect(await codeOf(own)).toBe('conflict');
    expect(await codeOf(await move(a, a))).toBe('conflict');
    // It is there already, whoever it is said to come from.
    expect((await move(b, a)).status).toBe(200);
    expect(await audits('hostname.move')).toEqual([]);
  });

  it('goes with its tenant’s deletion', async () => {
    await add(a, host);
    await send('DELETE', a.id, { slug: a.slug });
    expect(await codeOf(await onHost('/api/me'))).toBe('unknown_host');
    expect((await add(b, host)).status).toBe(200);
  });
});

describe('a hostname that is removed while its agent cannot be told', () => {
  it('is nobody’s and can be claimed by nobody until cron has told the agent', async () => {
    await add(a, host);
    world.agent(a.id).failWith = new Error('reset');
    const response = await remove(a, host);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ pending: true, hostnames: [a.hostname] });
    expect(await list(a)).toMatchObject([{}, { hostname: host, state: 'leaving', heirId: null }]);
    expect(await codeOf(await onHost('/api/me'))).toBe('unknown_host');
    expect(await codeOf(await add(b, host))).toBe('hostname_taken');
    expect(await codeOf(await add(a, host))).toBe('hostname_taken');
    world.agent(a.id).failWith = null;
    await sweepAgents(world.env, world.deps);
    expect(world.agent(a.id).record?.hostnames).toEqual([a.hostname]);
    expect((await add(b, host)).status).toBe(200);
  });
});

describe('a hostname that moves', () => {
  it('is taken from the first agent before the second one gets it', async () => {
    await add(a, host);
    const order: string[] = [];
    const { agentOf } = world.deps;
    world.deps.agentOf = (e, address) => {
      order.push(address.tenantId);
      return agentOf(e, address);
    };
    const response = await move(a, b);
    expect(response.status).toBe(200);
    expect(movedHostname.parse(await response.json())).toMatchObject({
      hostname: host,
      from: { id: a.id, version: 3, appliedVersion: 3, hostnames: [a.hostname] },
      to: { id: b.id, version: 2, appliedVersion: 2 },
      pending: false,
    });
    expect(order).toEqual([a.id, b.id]);
    expect(world.agent(a.id).record?.hostnames).toEqual([a.hostname]);
    expect(world.agent(b.id).record?.hostnames).toContain(host);
  });

  it('is in the audit with who had it and who has it', async () => {
    await add(a, host);
    const requestId = (await move(a, b)).headers.get('x-request-id');
    expect(await audits('hostname.move')).toMatchObject([
      {
        tenant_id: a.id,
        before: JSON.stringify({ tenantId: a.id, version: 2 }),
        after: JSON.stringify({ tenantId: b.id, version: 3 }),
        request_id: requestId,
      },
    ]);
    expect(await audits('hostname.settled')).toMatchObject([
      { tenant_id: b.id, after: JSON.stringify({ tenantId: b.id }), request_id: requestId },
    ]);
  });

  it('never reaches the first tenant again: not by cookie, key, old copies or old memory', async () => {
    await add(a, host);
    const cookie = await cookieOnHost();
    const key = { authorization: `Bearer ${API_KEY_TEXT}` };
    expect((await onHost('/api/me', { cookie })).status).toBe(200);
    expect((await onHost('/api/sessions', key)).status).toBe(200);
    expect((await move(a, b)).status).toBe(200);
    const stale = { tenantId: a.id, region: null };
    const forget = (): void => world.deps.recentHosts.delete(host);
    const copy = (): Promise<void> => env.DIRECTORY.put(`host:${host}`, JSON.stringify(stale));
    const situations: [string, () => unknown][] = [
      ['nothing is remembered', forget],
      ['a stale copy in KV', async () => (forget(), copy())],
      ['a stale memory', () => world.deps.recentHosts.put(host, stale, Date.now())],
      ['both', async () => (world.deps.recentHosts.put(host, stale, Date.now()), copy())],
    ];
    for (const [what, prepare] of situations) {
      const ask = async (headers: Record<string, string>): Promise<Response> => {
        await prepare();
        served(a);
        served(b);
        return onHost('/api/sessions', headers);
      };
      expect((await ask({})).status).toBe(401);
      expect([what, await codeOf(await ask({ cookie }))]).toEqual([what, 'unauthenticated']);
      // The double takes the key, so that it shows whose agent was asked.
      expect([what, (await ask(key)).status, served(b)]).toEqual([what, 200, ['listSessions']]);
      // Where it was asked at all, it refused as misdirected: its record is what it goes by.
      expect(world.agent(a.id).record?.hostnames).toEqual([a.hostname]);
    }
    expect(await env.DIRECTORY.get(`host:${host}`, 'json')).toEqual({
      tenantId: b.id,
      region: null,
    });
  });

  it('is nobody’s while the first agent cannot be told, and cron hands it on', async () => {
    await add(a, host);
    const cookie = await cookieOnHost();
    world.agent(a.id).failWith = new Error('reset');
    const response = await move(a, b);
    expect([response.status, await response.json()]).toMatchObject([202, { pending: true }]);
    // The first agent comes back with its old record; nobody has told it yet.
    world.agent(a.id).failWith = null;
    expect(world.agent(a.id).record?.hostnames).toContain(host);
    expect(world.agent(b.id).record?.hostnames).not.toContain(host);
    for (const headers of [{ cookie }, { authorization: `Bearer ${API_KEY_TEXT}` }, {}]) {
      const refused = await onHost('/api/me', headers as Record<string, string>);
      expect(['unknown_host', 'access_denied', 'unauthenticated']).toContain(await codeOf(refused));
    }
    expect(await list(b)).toMatchObject([{}, { hostname: host, state: 'arriving', heirId: b.id }]);
    await sweepAgents(world.env, world.deps);
    expect(world.agent(a.id).record?.hostnames).toEqual([a.hostname]);
    expect(world.agent(b.id).record?.hostnames).toContain(host);
    expect(await list(b)).toMatchObject([{}, { hostname: host, state: 'active' }]);
    // That it was nobody's is remembered for a moment.
    world.deps.recentHosts.delete(host);
    expect(await codeOf(await onHost('/api/me', { cookie }))).toBe('unauthenticated');
  });

  it('is never in two agents’ records, wherever the way is cut', async () => {
    await add(a, host);
    const both = (): boolean =>
      [a, b].every(({ id }) => world.agent(id).record?.hostnames.includes(host));
    // Each of the two agents fails or not, at each try.
    for (const failing of [[a, b], [a], [b], []]) {
      for (const tenant of [a, b]) {
        world.agent(tenant.id).failWith = failing.includes(tenant) ? new Error('reset') : null;
      }
      await move(a, b);
      expect(both()).toBe(false);
      await sweepAgents(world.env, world.deps);
      expect(both()).toBe(false);
    }
    expect(world.agent(b.id).record?.hostnames).toContain(host);
    expect(await audits('hostname.move')).toHaveLength(1);
    expect(await audits('hostname.settled')).toHaveLength(1);
  });

  it('goes on when the process died after the first agent had confirmed', async () => {
    await add(a, host);
    const { agentOf } = world.deps;
    const { DB } = world.env;
    // D1 is gone from the moment in which the agent has its record.
    world.deps.agentOf = (e, address) => {
      world.env.DB = { prepare: DB.prepare.bind(DB) } as D1Database;
      return agentOf(e, address);
    };
    expect((await move(a, b)).status).toBe(500);
    world.deps.agentOf = agentOf;
    world.env.DB = DB;
    expect(await codeOf(await onHost('/api/me'))).toBe('unknown_host');
    expect((await move(a, b)).status).toBe(200);
    expect(world.agent(b.id).record?.hostnames).toContain(host);
    expect(await audits('hostname.move')).toHaveLength(1);
  });

  it('asked for again is as it is, and elsewhere meanwhile is refused', async () => {
    await add(a, host);
    const c = await createTenant();
    world.agent(a.id).failWith = new Error('reset');
    await move(a, b);
    expect(await codeOf(await move(a, c))).toBe('conflict');
    expect(await codeOf(await remove(a, host))).toBe('conflict');
    expect(await codeOf(await add(c, host))).toBe('hostname_taken');
    world.agent(a.id).failWith = null;
    expect((await move(a, b)).status).toBe(200);
    expect((await move(a, b)).status).toBe(200);
    expect(await audits('hostname.move')).toHaveLength(1);
  });

  it('gets to its heir when the tenant it leaves is deleted meanwhile, and to nobody when the heir is', async () => {
    await add(a, host);
    world.agent(a.id).failWith = new Error('reset');
    await move(a, b);
    world.agent(a.id).failWith = null;
    await send('DELETE', a.id, { slug: a.slug });
    await sweepAgents(world.env, world.deps);
    expect(world.agent(b.id).record?.hostnames).toContain(host);
    const c = await createTenant();
    world.agent(b.id).failWith = new Error('reset');
    await move(b, c);
    await send('DELETE', c.id, { slug: c.slug });
    world.agent(b.id).failWith = null;
    await sweepAgents(world.env, world.deps);
    expect(await list(b)).toMatchObject([{ hostname: b.hostname }]);
    expect((await add(b, host)).status).toBe(200);
  });
});
