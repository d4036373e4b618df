import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { deviceList } from '../contract/devices.ts';
import { dirtySince } from './activity.ts';
import { Devices, type DevicesDeps } from './devices.ts';
import { Door } from './door.ts';
import { FakeOpenClaw } from './doubles/fake-openclaw.ts';
import { codeOf, newTenant, NOW } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import type { Caller } from './rpc.ts';
import type { AgentDb } from './storage.ts';
import { INITIAL_WAKE, type WakeState } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const operator = (role: 'viewer' | 'maintainer' | 'admin'): Caller => ({
  kind: 'operator',
  subject: 'eve@sk.com',
  role,
});
const admin = operator('admin');

const hex = (digit: string): string => digit.repeat(64);
const pending = (requestId: string, deviceId: string) => ({
  requestId,
  deviceId,
  publicKey: 'p',
  displayName: 'Ann’s phone',
  platform: 'ios',
  clientId: 'openclaw-ios',
  clientMode: 'ui',
  role: 'operator',
  scopes: ['operator.read'],
  remoteIp: '203.0.113.7',
  ts: NOW,
});
const paired = (deviceId: string) => ({
  deviceId,
  publicKey: 'p',
  tokens: [{ role: 'operator' }],
  roles: ['operator'],
  connected: true,
  createdAtMs: NOW,
  approvedAtMs: NOW,
});

/** An agent's devices over an OpenClaw of a test's making. */
function stage(db: AgentDb) {
  const openclaw = new FakeOpenClaw();
  const touched: string[] = [];
  const sandbox: { wake: WakeState } = { wake: { ...INITIAL_WAKE, state: 'ready' } };
  const deps: DevicesDeps = {
    db,
    door: new Door({ db, now: Date.now }),
    sandbox,
    openGateway: async () => ({ socket: openclaw.connect(), token: 't' }),
    touch: () => void touched.push('touch'),
    now: () => NOW,
  };
  const devices = new Devices(deps);
  openclaw.answers['device.pair.list'] = () => ({
    pending: [pending('request-1', hex('a')), pending('request-2', hex('b'))],
    paired: [paired(hex('c'))],
  });
  openclaw.answers['device.pair.approve'] = ({ requestId }) => {
    const deviceId = { 'request-1': hex('a'), 'request-2': hex('b') }[String(requestId)];
    if (deviceId === undefined) throw new Error('unknown requestId');
    return { requestId, device: paired(deviceId) };
  };
  return { openclaw, devices, deps, sandbox, touched };
}

describe('an agent’s devices', () => {
  it('are listed as OpenClaw knows them, without their keys, and that is no use of the agent', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ db }) => {
      const { devices, openclaw, touched } = stage(db);
      const list = await devices.list(operator('viewer'));
      expect(deviceList.parse(list)).toEqual(list);
      expect(list.pending[0]).toEqual({
        requestId: 'request-1',
        deviceId: hex('a'),
        name: 'Ann’s phone',
        platform: 'ios',
        client: 'openclaw-ios',
        roles: ['operator'],
        scopes: ['operator.read'],
        address: '203.0.113.7',
        isRepair: false,
        requestedAt: NOW,
      });
      expect(list.paired).toMatchObject([{ deviceId: hex('c'), connected: true, name: null }]);
      expect((await openclaw.until('connect'))['scopes']).toContain('operator.pairing');
      expect([touched, dirtySince(db)]).toEqual([[], null]);
    });
  });

  it('are listed, whatever a sandbox makes of the others', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ db }) => {
      const { devices, openclaw } = stage(db);
      const long = { ...pending('request-1', hex('a')), displayName: 'x'.repeat(5_000) };
      const strange = [{ ...long, scopes: [1] }, null, { ...long, requestId: '../x' }];
      const many = Array.from({ length: 500 }, () => paired(hex('c')));
      openclaw.answers['device.pair.list'] = () => ({ pending: [...strange, long], paired: many });
      const list = await devices.list(admin);
      expect(deviceList.parse(list)).toEqual(list);
      expect([list.pending.length, list.paired.length]).toEqual([1, 200]);
      openclaw.answers['device.pair.list'] = () => ({ pending: 'all' });
      expect(await codeOf(() => devices.list(admin))).toBe('agent_unavailable');
    });
  });

  it('are let in one by one or all at once, which is to be saved', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ db }) => {
      const { devices, openclaw, touched } = stage(db);
      const first = { requestId: 'request-1', deviceId: hex('a') };
      expect(await devices.approve(operator('maintainer'), 'request-1')).toEqual(first);
      expect([touched, dirtySince(db)]).toEqual([['touch'], NOW]);
      const second = { requestId: 'request-2', deviceId: hex('b') };
      expect(await devices.approveAll(admin)).toEqual({ approved: [first, second] });
      const gone = [pending('request-3', hex('d')), pending('request-2', hex('b'))];
      openclaw.answers['device.pair.list'] = () => ({ pending: gone, paired: [] });
      expect(await devices.approveAll(admin)).toEqual({ approved: [second] });
    });
  });

  it('are refused and locked out by their ids; what is not there any more is not found', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ db }) => {
      const { devices, openclaw } = stage(db);
      await devices.reject(admin, 'request-1');
      expect(await openclaw.until('device.pair.reject')).toEqual({ requestId: 'request-1' });
      await devices.remove(admin, hex('c'));
      expect(await openclaw.until('device.pair.remove')).toEqual({ deviceId: hex('c') });
      expect(await codeOf(() => devices.approve(admin, 'request-9'))).toBe('not_found');
    });
  });

  it('are an owner’s and operators’ business, and a viewer may only look', async () => {
    const tenant = await newTenant();
    const [owner, user] = [await join(tenant, 'owner'), await join(tenant, 'user')];
    await tenant.inside(async ({ db }) => {
      const { devices, openclaw } = stage(db);
      expect(await codeOf(() => devices.list(owner))).toBeNull();
      expect(await codeOf(() => devices.approve(owner, 'request-1'))).toBeNull();
      const asked = openclaw.asked.length;
      expect(await codeOf(() => devices.list(user))).toBe('forbidden');
      for (const caller of [user, operator('viewer')]) {
        expect(await codeOf(() => devices.approve(caller, 'request-1'))).toBe('forbidden');
        expect(await codeOf(() => devices.approveAll(caller))).toBe('forbidden');
        expect(await codeOf(() => devices.reject(caller, 'request-1'))).toBe('forbidden');
        expect(await codeOf(() => devices.remove(caller, hex('c')))).toBe('forbidden');
      }
      expect(openclaw.asked).toHaveLength(asked);
    });
  });

  it('are unknown while it is not awake, and looking does not wake it', async () => {
    const tenant = await newTenant();
    expect(await codeOf(() => tenant.rpc.listDevices(admin))).toBe('conflict');
    expect((await tenant.rpc.status()).state).toBe('asleep');
    await tenant.inside(async ({ db }) => {
      const { devices, sandbox, openclaw } = stage(db);
      sandbox.wake = { ...INITIAL_WAKE, state: 'booting' };
      expect(await codeOf(() => devices.approve(admin, 'request-1'))).toBe('conflict');
      expect(openclaw.asked).toEqual([]);
    });
  });

  it('of a suspended tenant are let in by nobody', async () => {
    const tenant = await newTenant();
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    await tenant.inside(async ({ db }) => {
      const { devices } = stage(db);
      expect(await codeOf(() => devices.approve(admin, 'request-1'))).toBe('tenant_suspended');
    });
  });

  it('are asked about by so many at a time', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ db }) => {
      const { deps } = stage(db);
      const { promise: gateway, reject: fail } = Promise.withResolvers<never>();
      const devices = new Devices({ ...deps, openGateway: () => gateway });
      const asking = Array.from({ length: 4 }, () => codeOf(() => devices.list(admin)));
      expect(await codeOf(() => devices.list(admin))).toBe('rate_limited');
      fail(new Error('gone'));
      expect(new Set(await Promise.all(asking))).toEqual(new Set(['agent_unavailable']));
      expect(await codeOf(() => devices.list(admin))).toBe('agent_unavailable');
    });
  });
});
