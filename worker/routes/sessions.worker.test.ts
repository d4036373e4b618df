import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, sessionHistory, type CreatedTenant } from '../../contract/api.ts';
import { errorBody } from '../../contract/errors.ts';
import { ONE_READING_MS } from '../book-reading.ts';
import { INVITE_TOKEN, SAID, SESSION } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
const TARGET = `session:${SESSION.id}`;
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  const made = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'POST', body });
  tenant = createdTenant.parse(await made.json());
});

/** Asks as the operator that a caller on loopback is. */
const operate = (method: string, path = '', body?: object): Promise<Response> =>
  world.ask(`${SYSTEM}/admin/api/tenants/${tenant.slug}/sessions${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });

async function audited(): Promise<[string, string][]> {
  const { results } = await env.DB.prepare(
    `SELECT action, target, before, after FROM audit WHERE tenant_id = ? AND action LIKE 'session.%' ORDER BY id`,
  )
    .bind(tenant.id)
    .all<{ action: string; target: string }>();
  expect(JSON.stringify(results)).not.toContain(JSON.stringify(SAID.data).slice(1, -1));
  return results.map(({ action, target }) => [action, target]);
}

describe('the sessions of a tenant, to operators', () => {
  it('are listed by the tenant’s name, which is not booked', async () => {
    expect(await (await operate('GET')).json()).toEqual({ sessions: [SESSION] });
    expect(await (await operate('GET', `/${SESSION.id}`)).json()).toEqual(SESSION);
    expect(await audited()).toEqual([]);
  });

  it('are read, and that is booked, wherever it is asked', async () => {
    const read = await operate('GET', `/${SESSION.id}/events?after=0&limit=5`);
    expect(sessionHistory.parse(await read.json()).events).toEqual([SAID]);
    const asked = world.agent(tenant.id).asked.at(-1);
    expect(asked).toEqual({
      method: 'history',
      args: [
        { kind: 'operator', subject: 'local', role: 'admin' },
        SESSION.id,
        { after: 0, limit: 5 },
      ],
    });
    const byPath = `${SYSTEM}/t/${tenant.slug}/api/sessions/${SESSION.id}/events?after=9`;
    world.deps.now = () => Date.now() + ONE_READING_MS + 1_000;
    expect((await world.ask(byPath)).status).toBe(200);
    expect(await audited()).toEqual([
      ['session.show', TARGET],
      ['session.show', TARGET],
    ]);
  });

  it('are one reading while somebody watches, whatever part is asked, and another one for a colleague', async () => {
    const start = Date.now();
    const after = [0, 9, 5];
    for (const [n, seq] of after.entries()) {
      world.deps.now = () => start + n * 1_000;
      expect((await operate('GET', `/${SESSION.id}/events?after=${seq}`)).status).toBe(200);
    }
    expect(await audited()).toEqual([['session.show', TARGET]]);
    await env.DB.prepare("UPDATE audit SET actor = 'colleague' WHERE target = ?")
      .bind(TARGET)
      .run();
    await operate('GET', `/${SESSION.id}/events?after=9`);
    expect(await audited()).toHaveLength(2);
    // A reading that is over is another one, and what began long ago is not forgotten by watching.
    world.deps.now = () => start + ONE_READING_MS + 60_000;
    await operate('GET', `/${SESSION.id}/events?after=9`);
    expect(await audited()).toHaveLength(3);
  });

  it('are not read when the reading can’t be booked', async () => {
    await env.DB.exec('ALTER TABLE audit RENAME TO audit_away');
    try {
      expect((await operate('GET', `/${SESSION.id}/events`)).status).toBe(500);
    } finally {
      await env.DB.exec('ALTER TABLE audit_away RENAME TO audit');
    }
    expect(world.agent(tenant.id).asked.some(({ method }) => method === 'history')).toBe(false);
  });

  it('are deleted, and it is booked', async () => {
    expect((await operate('DELETE', `/${SESSION.id}`)).status).toBe(204);
    expect(world.agent(tenant.id).asked.at(-1)?.args[1]).toBe(SESSION.id);
    expect(await audited()).toEqual([['session.delete', TARGET]]);
  });

  it('are not there under a name that is no id or of no tenant', async () => {
    const codes = await Promise.all(
      [
        operate('GET', '/nope/events'),
        world.ask(`${SYSTEM}/admin/api/tenants/nobody/sessions`),
      ].map(async (answer) => errorBody.parse(await (await answer).json()).error.code),
    );
    expect(codes).toEqual(['session_not_found', 'tenant_not_found']);
    expect(await audited()).toEqual([]);
  });
});

describe('a member who reads a session', () => {
  it('is not in the audit', async () => {
    const { origin } = new URL(tenant.url);
    const signedIn = await world.ask(`${origin}/api/sign-in`, {
      method: 'POST',
      headers: { origin },
      body: JSON.stringify({ invite: INVITE_TOKEN }),
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const path = `${origin}/api/sessions/${SESSION.id}/events`;
    expect((await world.ask(path, { headers: { cookie } })).status).toBe(200);
    expect(await audited()).toEqual([]);
  });
});
