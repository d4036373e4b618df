import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { approvedDevice, approvedDevices, deviceList } from '../../contract/devices.ts';
import { AppError, errorBody } from '../../contract/errors.ts';
import { API_KEY_TEXT, DEVICES } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
const DEVICE_ID = DEVICES.paired[0]?.deviceId ?? '';
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  const response = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'POST', body });
  tenant = createdTenant.parse(await response.json());
});

const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;
/** What the agent was asked about devices: the methods, and with what after the caller. */
const asked = (): unknown[] =>
  world
    .agent(tenant.id)
    .asked.filter(({ method }) => /Devices?$/.test(method))
    .map(({ method, args }) => [method, ...args.slice(1)]);

async function booked(): Promise<[string, unknown][]> {
  const { results } = await env.DB.prepare(
    "SELECT action, after FROM audit WHERE target = ? AND action LIKE 'device.%' ORDER BY id",
  )
    .bind(`agent:${tenant.id}`)
    .all<{ action: string; after: string | null }>();
  return results.map(({ action, after }) => [action, JSON.parse(after ?? 'null')]);
}

describe.each([
  ['an operator', () => `/admin/api/agents/${tenant.id}/devices`],
  ['an operator by path', () => `/t/${tenant.slug}/api/devices`],
])('%s', (_, base) => {
  const ask = (path = '', method = 'GET'): Promise<Response> =>
    world.ask(`${SYSTEM}${base()}${path}`, { method });

  it('sees the devices, which is not booked', async () => {
    expect(deviceList.parse(await (await ask()).json())).toEqual(DEVICES);
    expect(await booked()).toEqual([]);
  });

  it('lets devices in and locks them out, each of which is booked before it is done', async () => {
    const one = approvedDevice.parse(await (await ask('/request-1/approve', 'POST')).json());
    expect(one).toEqual({ requestId: 'request-1', deviceId: DEVICE_ID });
    const all = approvedDevices.parse(await (await ask('/approve-all', 'POST')).json());
    expect(all.approved).toEqual([one]);
    expect((await ask('/request-1/reject', 'POST')).status).toBe(204);
    expect((await ask(`/${DEVICE_ID}`, 'DELETE')).status).toBe(204);
    expect(asked()).toEqual([
      ['approveDevice', 'request-1'],
      ['approveDevices'],
      ['rejectDevice', 'request-1'],
      ['removeDevice', DEVICE_ID],
    ]);
    const done: [string, unknown][] = [
      ['device.approve', { requestId: 'request-1' }],
      ['device.approve-all', null],
      ['device.reject', { requestId: 'request-1' }],
      ['device.remove', { deviceId: DEVICE_ID }],
    ];
    expect(await booked()).toEqual(done);
    world.agent(tenant.id).failWith = new AppError('conflict', 'Asleep.');
    expect(await codeOf(await ask('/request-2/approve', 'POST'))).toBe('conflict');
    expect((await booked()).at(-1)).toEqual(['device.approve', { requestId: 'request-2' }]);
  });

  it('asks about nothing that OpenClaw would not have named so', async () => {
    for (const id of ['..%2F..', 'a'.repeat(65), 'a b']) {
      expect(await codeOf(await ask(`/${id}/approve`, 'POST'))).toBe('not_found');
      expect(await codeOf(await ask(`/${id}`, 'DELETE'))).toBe('not_found');
    }
    expect([asked(), await booked()]).toEqual([[], []]);
  });
});

describe('an app of OpenClaw', () => {
  const bearer = { authorization: `Bearer ${API_KEY_TEXT}` };

  it('reaches the agent with its key and its address, and never with what it says it is', async () => {
    const response = await world.ask(`${tenant.url}/openclaw`, {
      headers: {
        ...bearer,
        upgrade: 'websocket',
        'cf-connecting-ip': '203.0.113.7',
        'x-forwarded-for': '127.0.0.1',
        'x-sk-address': '127.0.0.1',
        'x-sk-caller': '{"kind":"operator","role":"admin"}',
      },
    });
    expect(response.status).toBe(101);
    response.webSocket?.accept();
    response.webSocket?.close();
    const [url, init] = (world.agent(tenant.id).asked.at(-1)?.args ?? []) as [string, RequestInit];
    expect(new URL(url).pathname).toBe('/openclaw');
    const headers = new Headers(init.headers);
    expect(JSON.parse(headers.get('x-sk-caller') ?? '')).toMatchObject({ kind: 'key' });
    expect(headers.get('x-sk-address')).toBe('203.0.113.7');
    for (const name of ['authorization', 'x-forwarded-for']) expect(headers.has(name)).toBe(false);
  });

  it('needs a key, in its header, and a WebSocket', async () => {
    const ask = (path: string, headers: Record<string, string>): Promise<Response> =>
      world.ask(`${tenant.url}${path}`, { headers });
    const upgrade = { upgrade: 'websocket' };
    expect(await codeOf(await ask('/openclaw', upgrade))).toBe('unauthenticated');
    expect(await codeOf(await ask(`/openclaw?token=${API_KEY_TEXT}`, upgrade))).toBe(
      'unauthenticated',
    );
    expect(await codeOf(await ask('/openclaw', bearer))).toBe('upgrade_required');
    const late = await world.ask(`${SYSTEM}/openclaw`, { headers: { ...bearer, ...upgrade } });
    expect(late.webSocket).toBeNull();
  });

  it('is told when to come back while the agent is not there', async () => {
    world.agent(tenant.id).failWith = new AppError('agent_unavailable', 'Asleep.', {
      retryAfterS: 5,
    });
    const response = await world.ask(`${tenant.url}/openclaw`, {
      headers: { ...bearer, upgrade: 'websocket' },
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });
});
