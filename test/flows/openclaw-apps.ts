import { beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { approvedDevices, deviceList, type DeviceList } from '../../contract/devices.ts';
import type { CreatedTenant } from '../../contract/api.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { asleep, inspect, newTenant } from '../support/agents.ts';
import { ask } from '../support/loopback.ts';
import { Device, OpenClawApp, type UpgradeRefused } from '../support/openclaw-app.ts';
import { newApiKey } from '../support/program.ts';
import { snapshotText, storedSnapshots } from '../support/stored-snapshots.ts';

const SCOPES = ['operator.read', 'operator.write'];

/**
 * An agent that an app of OpenClaw wakes. While it is awake, what `whileAwake` declares has it too,
 * before it falls asleep.
 */
export function describeAgentOfApp(whileAwake: (tenant: () => CreatedTenant) => void): void {
  describe('an app of OpenClaw', () => {
    const system = inject('system');
    const admin = new LocalAdmin(system.url);
    const device = new Device();
    let tenant: CreatedTenant;
    let address: string;
    let keyId: string;
    let headers: Record<string, string>;

    beforeAll(async () => {
      tenant = await newTenant(system.url);
      const made = await newApiKey(system.url, tenant.slug, { workloads: ['chat'] });
      keyId = made.id;
      headers = { authorization: `Bearer ${made.key}` };
      const { port } = new URL(system.url);
      address = `ws://${tenant.slug}.localhost:${port}/openclaw`;
    });

    const devices = async (): Promise<DeviceList> =>
      deviceList.parse(await admin.call('GET', `/agents/${tenant.id}/devices`));

    it('is refused without a key that is for chats, and looking at its devices wakes nobody', async () => {
      const other = await newApiKey(system.url, tenant.slug, { workloads: ['summarize'] });
      const wrong = { authorization: `${headers['authorization']?.slice(0, -4)}AAAA` };
      expect(await statusOf(OpenClawApp.open(address, {}))).toBe(401);
      expect(await statusOf(OpenClawApp.open(address, wrong))).toBe(401);
      const summarizer = { authorization: `Bearer ${other.key}` };
      expect(await statusOf(OpenClawApp.open(address, summarizer))).toBe(403);
      const asked = await ask(`${system.url}/admin/api/agents/${tenant.id}/devices`);
      expect([asked.status, asked.text]).toEqual([409, expect.stringContaining('"conflict"')]);
      expect((await inspect(system.url, tenant.id)).agent.state).toBe('asleep');
    });

    it('wakes the agent and then waits until an operator lets its device in', async () => {
      const app = await OpenClawApp.insist(address, headers);
      const refused = await app.connect(device, { scopes: SCOPES });
      expect(refused.error?.details).toMatchObject({ code: 'PAIRING_REQUIRED' });
      expect(await app.closed).toBe(1008);
      const { pending, paired } = await devices();
      expect(paired).toEqual([]);
      expect(pending).toMatchObject([
        { deviceId: device.id, name: 'Ada’s phone', platform: 'ios', scopes: SCOPES },
      ]);
      const path = `/agents/${tenant.id}/devices/${pending[0]?.requestId}/approve`;
      expect(await admin.call('POST', path)).toMatchObject({ deviceId: device.id });
    });

    it('is let in then, with the scopes it asked for and a token of its own', async () => {
      const app = await OpenClawApp.open(address, headers);
      const { payload } = await app.connect(device, { scopes: SCOPES });
      expect(payload).toMatchObject({ type: 'hello-ok', auth: { scopes: SCOPES } });
      const { deviceToken: token } = z.object({ deviceToken: z.string() }).parse(payload?.['auth']);
      expect(await app.call('sessions.list', {})).toMatchObject({ ok: true });
      expect(await app.call('device.pair.list', {})).toMatchObject({ ok: false });
      app.close();
      await app.closed;
      // What the device signs with from now on; and the same address by path.
      const byPath = `${system.url.replace(/^http/, 'ws')}/t/${tenant.slug}/openclaw`;
      const again = await OpenClawApp.open(byPath, headers);
      const hello = await again.connect(device, { scopes: SCOPES, token });
      expect(hello.payload).toMatchObject({ type: 'hello-ok' });
      expect((await devices()).paired).toMatchObject([{ deviceId: device.id, connected: true }]);
      again.close();
    });

    it('has to ask again for more than it was given, and all that wait are let in at once', async () => {
      const more = [...SCOPES, 'operator.approvals'];
      const [upgraded, second] = [device, new Device()];
      for (const asking of [upgraded, second]) {
        const app = await OpenClawApp.open(address, headers);
        const { error } = await app.connect(asking, { scopes: more });
        expect(error?.details).toMatchObject({ code: 'PAIRING_REQUIRED' });
      }
      const answer = await admin.call('POST', `/agents/${tenant.id}/devices/approve-all`);
      const approved = approvedDevices.parse(answer).approved.map(({ deviceId }) => deviceId);
      expect(approved.toSorted()).toEqual([upgraded.id, second.id].toSorted());
      await ask(`${system.url}/admin/api/agents/${tenant.id}/devices/${second.id}`, {
        method: 'DELETE',
      });
      expect((await devices()).paired.map(({ deviceId }) => deviceId)).toEqual([upgraded.id]);
    });

    whileAwake(() => tenant);

    it('is closed when its key is revoked, and when the agent falls asleep, which keeps its device', async () => {
      const spare = await newApiKey(system.url, tenant.slug, { workloads: ['chat'] });
      const open = async (authorization: string): Promise<OpenClawApp> => {
        const app = await OpenClawApp.open(address, { authorization });
        expect((await app.connect(device, { scopes: SCOPES })).ok).toBe(true);
        return app;
      };
      const app = await open(headers['authorization'] ?? '');
      const revoked = await open(`Bearer ${spare.key}`);
      await ask(`${system.url}/t/${tenant.slug}/api/keys/${spare.id}`, { method: 'DELETE' });
      expect(await revoked.closed).toBe(4401);
      await asleep(system.url, tenant.id);
      expect(await app.closed).toBe(1012);
      // It comes back by itself, and that is nobody's use.
      expect(await statusOf(OpenClawApp.open(address, headers))).toBe(503);
      expect((await inspect(system.url, tenant.id)).agent.state).toBe('asleep');
      const [stored] = storedSnapshots(system.stateDir, tenant.id).slice(-1);
      if (!stored) throw new Error('a snapshot was expected');
      expect(snapshotText(stored)).toContain(device.id);
      expect(snapshotText(stored)).not.toContain(keyId);
    });
  });
}

const statusOf = (opening: Promise<unknown>): Promise<number> =>
  opening.then(
    () => 101,
    (error: unknown) => (error as UpgradeRefused).status,
  );
