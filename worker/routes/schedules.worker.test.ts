import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { errorBody } from '../../contract/errors.ts';
import { INVITE_TOKEN, SCHEDULE, SCHEDULE_RUN } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
const BODY = { name: 'Report', cron: '0 9 * * *', prompt: 'Report what is new.' };
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = { platform: 'streamkinetics.com', tier: 'free' };
  const made = await world.ask(`${SYSTEM}/admin/api/tenants`, request('POST', body));
  tenant = createdTenant.parse(await made.json());
});

function request(method: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = { method, headers: { 'content-type': 'application/json', ...headers } };
  return body === undefined ? init : { ...init, body: JSON.stringify(body) };
}

/** Asks as the operator that a caller on loopback is. */
const operate = (method: string, path = '', body?: unknown): Promise<Response> =>
  world.ask(`${SYSTEM}/admin/api/tenants/${tenant.slug}/schedules${path}`, request(method, body));

async function codeOf(response: Response): Promise<string> {
  return errorBody.parse(await response.json()).error.code;
}

function lastAsked(method: string): unknown[] | undefined {
  return world.agent(tenant.id).asked.findLast((one) => one.method === method)?.args;
}

async function audited(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    `SELECT action, target, after FROM audit WHERE tenant_id = ? AND action LIKE 'schedule.%' ORDER BY id`,
  )
    .bind(tenant.id)
    .all();
  return results;
}

describe('schedules over HTTP', () => {
  it('are made, read, changed, run and deleted', async () => {
    const created = await operate('POST', '', BODY);
    expect(created.status).toBe(201);
    expect(await created.json()).toEqual({ ...SCHEDULE, ...BODY });
    const defaults = { ...BODY, timeZone: 'UTC', enabled: true };
    expect(lastAsked('createSchedule')?.[1]).toEqual(defaults);

    const path = `/${SCHEDULE.id}`;
    expect(await (await operate('GET')).json()).toEqual({ schedules: [SCHEDULE] });
    expect(await (await operate('GET', path)).json()).toEqual(SCHEDULE);
    const changed = await operate('PATCH', path, { enabled: false });
    expect(await changed.json()).toMatchObject({ enabled: false });
    const run = await operate('POST', `${path}/run`);
    expect([run.status, await run.json()]).toEqual([202, SCHEDULE_RUN]);
    const runs = await operate('GET', `${path}/runs?limit=5`);
    expect(await runs.json()).toEqual({ runs: [SCHEDULE_RUN] });
    expect(lastAsked('scheduleRuns')).toEqual([expect.anything(), SCHEDULE.id, { limit: 5 }]);
    expect((await operate('DELETE', path)).status).toBe(204);
    expect(lastAsked('deleteSchedule')?.[1]).toBe(SCHEDULE.id);
  });

  it('say what an expression means before it is one', async () => {
    const answer = await world.ask(
      `${SYSTEM}/t/${tenant.slug}/api/schedule-times?cron=${encodeURIComponent('0 9 * * 1')}`,
    );
    expect(await answer.json()).toEqual({ times: [SCHEDULE.nextAt] });
    const asked = { cron: '0 9 * * 1', timeZone: 'UTC' };
    expect(lastAsked('scheduleTimes')?.[1]).toEqual(asked);
    expect((await world.ask(`${SYSTEM}/t/${tenant.slug}/api/schedule-times`)).status).toBe(400);
  });

  it('leave an audit entry for each change by an operator, without the prompt', async () => {
    const path = `/${SCHEDULE.id}`;
    await operate('GET');
    await operate('POST', '', BODY);
    await operate('PATCH', path, { enabled: false });
    await operate('POST', `${path}/run`);
    await operate('DELETE', path);
    const rows = await audited();
    const target = `schedule:${SCHEDULE.id}`;
    expect(rows.map((row) => [row['action'], row['target']])).toEqual([
      ['schedule.create', `agent:${tenant.id}`],
      ['schedule.update', target],
      ['schedule.run', target],
      ['schedule.delete', target],
    ]);
    expect(JSON.parse(String(rows[0]?.['after']))).toMatchObject({ name: 'Report' });
    expect(JSON.stringify(rows)).not.toContain(BODY.prompt);
  });

  it('are a member’s on the tenant’s host, as the member that they are, and not audited', async () => {
    const signedIn = await world.ask(
      `${tenant.url}/api/sign-in`,
      request('POST', { invite: INVITE_TOKEN }, { origin: tenant.url }),
    );
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const headers = { cookie, origin: tenant.url };
    const created = await world.ask(`${tenant.url}/api/schedules`, request('POST', BODY, headers));
    expect(created.status).toBe(201);
    expect(lastAsked('createSchedule')?.[0]).toMatchObject({
      kind: 'member',
      memberId: 'member-1',
    });
    expect(await audited()).toEqual([]);
  });

  it('are an operator’s by the path form too', async () => {
    const list = await world.ask(`${SYSTEM}/t/${tenant.slug}/api/schedules`);
    expect(await list.json()).toEqual({ schedules: [SCHEDULE] });
  });

  it('are nobody else’s', async () => {
    const response = await world.ask(`${tenant.url}/api/schedules`);
    expect([response.status, await codeOf(response)]).toEqual([401, 'unauthenticated']);
  });

  it.each([
    ['an unknown field', { ...BODY, every: 5 }],
    ['no prompt', { name: 'x', cron: '0 9 * * *' }],
    ['an empty name', { ...BODY, name: ' ' }],
  ])('refuse %s before the agent is asked', async (_what, body) => {
    const response = await operate('POST', '', body);
    expect([response.status, await codeOf(response)]).toEqual([400, 'invalid_request']);
    expect(lastAsked('createSchedule')).toBeUndefined();
    expect(await audited()).toEqual([]);
  });

  it('refuse a change of nothing, more runs than are kept, and an id that is none', async () => {
    expect((await operate('PATCH', `/${SCHEDULE.id}`, {})).status).toBe(400);
    expect((await operate('GET', `/${SCHEDULE.id}/runs?limit=51`)).status).toBe(400);
    expect(await codeOf(await operate('GET', '/nope'))).toBe('not_found');
  });
});
