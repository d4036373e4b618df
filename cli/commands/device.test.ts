import { describe, expect, test } from 'vitest';
import type { DeviceList } from '../../contract/devices.ts';
import { skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const REQUEST = '0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e';
const DEVICE = '5f'.repeat(32);
const known = {
  deviceId: DEVICE,
  name: 'A phone',
  platform: 'ios',
  client: 'openclaw-ios',
  roles: ['operator'],
  scopes: ['operator.read', 'operator.write'],
  address: '203.0.113.7',
};
const DEVICES: DeviceList = {
  pending: [{ ...known, requestId: REQUEST, isRepair: false, requestedAt: 1 }],
  paired: [{ ...known, connected: true, approvedAt: 1, lastSeenAt: null }],
};
const APPROVED = { requestId: REQUEST, deviceId: DEVICE };

async function run(argv: string, answer: Scripted) {
  const system = await startSystem(answer);
  const ran = await skclaw([...argv.split(' '), '--tenant-id', 'acme'], {
    env: { SKCLAW_URL: system.url },
  });
  return { ...ran, asked: system.received.map(({ method, url }) => `${method} ${url.slice(18)}`) };
}

describe('device list', () => {
  test('prints those that wait and those let in', async () => {
    const ran = await run('device list', { body: DEVICES });
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: ['GET acme/devices'] });
    expect(ran.data()).toEqual(DEVICES);
  });

  test('is one table with the ids that the other commands want', async () => {
    const { stdout } = await run('device list --format table', { body: DEVICES });
    expect(stdout).toMatch(new RegExp(`^waits +${REQUEST} +A phone +ios`, 'm'));
    expect(stdout).toMatch(new RegExp(`^let in +${DEVICE} +A phone +ios`, 'm'));
  });

  test('is valid JSON when there is none', async () => {
    const none = { pending: [], paired: [] };
    expect((await run('device list', { body: none })).data()).toEqual(none);
  });

  test('exits 1 while the agent sleeps, with what to do', async () => {
    const error = { code: 'conflict', message: 'The agent is asleep.', hint: 'Wake it first.' };
    const ran = await run('device list', { status: 409, body: { error } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});

describe('device approve', () => {
  test('lets one in that is named', async () => {
    const ran = await run(`device approve ${REQUEST}`, { body: APPROVED });
    expect(ran).toMatchObject({ code: 0, asked: [`POST acme/devices/${REQUEST}/approve`] });
    expect(ran.data()).toEqual({ approved: [APPROVED] });
  });

  test('--all lets all in, which may be none', async () => {
    const ran = await run('device approve --all', { body: { approved: [APPROVED] } });
    expect(ran).toMatchObject({ code: 0, asked: ['POST acme/devices/approve-all'] });
    expect(ran.data()).toEqual({ approved: [APPROVED] });
    const none = await run('device approve --all', { body: { approved: [] } });
    expect(none.data()).toEqual({ approved: [] });
  });

  test.each(['device approve', `device approve ${REQUEST} --all`, 'device approve ../approve-all'])(
    'wants one request or --all: %s',
    async (argv) => {
      const ran = await run(argv, { body: APPROVED });
      expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
      expect(ran.error().code).toBe('invalid_usage');
    },
  );
});

test('device reject turns one away', async () => {
  const ran = await run(`device reject ${REQUEST}`, { status: 204 });
  expect(ran).toMatchObject({ code: 0, asked: [`POST acme/devices/${REQUEST}/reject`] });
  expect(ran.data()).toEqual({ requestId: REQUEST, rejected: true });
});

describe('device remove', () => {
  test('locks one out once it is confirmed', async () => {
    const ran = await run(`device remove ${DEVICE} --yes`, { status: 204 });
    expect(ran).toMatchObject({ code: 0, asked: [`DELETE acme/devices/${DEVICE}`] });
    expect(ran.data()).toEqual({ deviceId: DEVICE, removed: true });
  });

  test('asks nobody anything until it is confirmed', async () => {
    const ran = await run(`device remove ${DEVICE}`, { status: 204 });
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error().code).toBe('confirmation_required');
  });
});

test.each([
  [404, 'not_found', 1],
  [403, 'forbidden', 2],
  [503, 'agent_unavailable', 3],
])('a refusal of %d %s exits %d with its words', async (status, code, exit) => {
  const body = { error: { code, message: 'No.' } };
  const commands = ['list', `approve ${REQUEST}`, 'approve --all', `reject ${REQUEST}`];
  for (const command of [...commands, `remove ${DEVICE} --yes`]) {
    const ran = await run(`device ${command}`, { status, body });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(body.error);
  }
});
