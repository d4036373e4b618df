import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentInspection } from '../../contract/api.ts';
import { snapshotList } from '../../contract/snapshots.ts';
import { ROOT } from '../../local/runner/paths.ts';
import type { System } from '../../local/runner/system.ts';
import { asleep, inspect, newTenant, untilAgent } from '../support/agents.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { startScratchSystem, type ScratchSystem } from '../support/scratch-system.ts';
import { containerOf } from '../support/engine-view.ts';
import { MemberClient } from '../support/member.ts';
import { recordedCalls } from '../support/model-record.ts';
import { damage, storedSnapshots } from '../support/stored-snapshots.ts';
import { describeMetering } from './metering.ts';

const run = promisify(execFile);

const IDLE_MS = 5_000;
/** How long nobody says or asks anything; an object hibernates after 10 s. */
const SILENCE_MS = 30_000;

interface Chat {
  tenantId: string;
  socket: ChatSocket;
  sessionId: string;
}

async function newChat(system: System): Promise<Chat> {
  const { id: tenantId, invite } = await newTenant(system.url);
  const member = await MemberClient.join(invite.url);
  const { id: sessionId } = await member.createSession();
  const socket = await member.socket();
  socket.send({ type: 'subscribe', sessionId, after: 0 });
  return { tenantId, socket, sessionId };
}

const digestOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

describe('an agent’s life, with a double of OpenClaw that boots at once', () => {
  let patient: ScratchSystem;
  let hasty: ScratchSystem;
  let silence: Promise<{ before: AgentInspection; after: AgentInspection; containers: string[] }>;

  beforeAll(async () => {
    patient = await startScratchSystem({ openclaw: 'double', tokensPerSecond: 200 });
    // It takes its time by nature, and goes on while the others run.
    silence = beSilent(patient.system);
    silence.catch(() => undefined);
    const vars = { IDLE_MS_OVERRIDE: String(IDLE_MS) };
    hasty = await startScratchSystem({ openclaw: 'double', vars });
  });

  afterAll(async () => {
    await Promise.all([patient?.stop(), hasty?.stop()]);
  });

  async function beSilent(system: System) {
    const { tenantId, socket, sessionId } = await newChat(system);
    const engine = { engineSocket: system.engine?.socketPath ?? '' };
    await socket.say(sessionId, 'Hello.');
    const before = await inspect(system.url, tenantId);
    const first = await containerOf(engine, tenantId);
    await sleep(SILENCE_MS);
    await socket.say(sessionId, 'Are you there?');
    const after = await inspect(system.url, tenantId);
    const second = await containerOf(engine, tenantId);
    return {
      before,
      after,
      containers: [first.name, second.name, `${first.pid}`, `${second.pid}`],
    };
  }

  it('falls asleep on time though it is looked at every second, and stays asleep', async () => {
    const { url } = hasty.system;
    const { tenantId, socket, sessionId } = await newChat(hasty.system);
    await socket.say(sessionId, 'Hello.');
    const answeredAt = Date.now();
    const looks: { at: number; agent: AgentInspection }[] = [];
    while (Date.now() - answeredAt < IDLE_MS + 12_000) {
      looks.push({ at: Date.now() - answeredAt, agent: await inspect(url, tenantId) });
      await sleep(1_000);
    }
    const states = looks.map(({ agent }) => agent.agent.state);
    const wentAt = looks[states.findIndex((state) => state !== 'ready')]?.at ?? Infinity;
    expect(wentAt, 'not before its time').toBeGreaterThan(IDLE_MS - 100);
    expect(wentAt, 'and not long after it').toBeLessThan(IDLE_MS + 2_500);
    const asleepLooks = looks.filter(({ agent }) => agent.agent.state === 'asleep');
    expect(asleepLooks.length).toBeGreaterThan(6);
    expect(new Set(asleepLooks.map(({ agent }) => agent.agent.since)).size, states.join()).toBe(1);
    expect(states.at(-1)).toBe('asleep');
    expect(looks.at(-1)?.agent.container.running).toBe(false);
    expect(looks.at(-1)?.agent.connections, 'its client is still there').toBe(1);
  });

  it('whose newest snapshot is damaged does not start, and goes back on an operator’s word', async () => {
    const { url, admin, stateDir } = patient.system;
    const { tenantId, socket, sessionId } = await newChat(patient.system);
    await socket.say(sessionId, 'The first word is plum.');
    await asleep(url, tenantId);
    await socket.say(sessionId, 'The second word is pear.');
    await asleep(url, tenantId);
    const [older, newest] = storedSnapshots(stateDir, tenantId);
    if (!older || !newest) throw new Error('two snapshots were expected');
    damage(newest);
    const digests = [digestOf(older.file), digestOf(newest.file)];

    await admin.call('POST', `/agents/${tenantId}/wake`);
    const failed = await untilAgent(url, tenantId, ({ agent }) => agent.state === 'failed');
    expect(failed.agent.failure).toMatchObject({ code: 'restore_corrupt', nextTryAt: null });
    await expect(socket.say(sessionId, 'Hello?')).rejects.toThrow(/agent_unavailable/);
    expect(failed.container.running).toBe(false);
    expect([digestOf(older.file), digestOf(newest.file)], 'nothing was overwritten').toEqual(
      digests,
    );
    const list = snapshotList.parse(await admin.call('GET', `/agents/${tenantId}/snapshots`));
    expect(list.snapshots.map(({ id, state, current }) => [id, state, current])).toEqual([
      [newest.id, 'damaged', true],
      [older.id, 'stored', false],
    ]);

    await admin.call('POST', `/agents/${tenantId}/snapshots/${older.id}/restore`, {});
    const back = await untilAgent(url, tenantId, ({ agent }) => agent.state === 'ready');
    expect(back.agent.generation).toBeGreaterThan(failed.agent.generation);
    const answer = await socket.say(sessionId, 'Which words do you know?');
    expect(answer).not.toBe('');
    await asleep(url, tenantId);
    expect(storedSnapshots(stateDir, tenantId)).toHaveLength(3);
    expect([digestOf(older.file), digestOf(newest.file)]).toEqual(digests);
  });

  it('whose sandbox dies unsaved is told again what was said since', async () => {
    const { url, gateway, engine } = patient.system;
    const { tenantId, socket, sessionId } = await newChat(patient.system);
    await socket.say(sessionId, 'My word is quince-42.');
    const { pid } = await containerOf({ engineSocket: engine?.socketPath ?? '' }, tenantId);
    process.kill(-pid, 'SIGKILL');
    await socket.say(sessionId, 'Which is my word?');
    const asked = await recordedCalls(new URL('/__local', gateway?.url).href, tenantId);
    expect(JSON.stringify(asked.at(-1)), 'the model is told of it').toContain('quince-42');
    expect((await inspect(url, tenantId)).agent.generation).toBe(2);
  });

  it('passes the smoke test, from a new tenant to its sleep', async () => {
    const args = ['run', 'smoke', '--', '--url', patient.system.url];
    const { stdout } = await run('npm', args, { cwd: ROOT });
    expect(stdout.match(/^ok /gm)).toHaveLength(5);
  });

  it('lets nobody store a snapshot without a ticket', async () => {
    const { system } = patient;
    const { tenantId, socket, sessionId } = await newChat(system);
    await socket.say(sessionId, 'Hello.');
    const engine = { engineSocket: system.engine?.socketPath ?? '' };
    const { environ } = await containerOf(engine, tenantId);
    const stateUrl = /(?:^|\0)SK_STATE_URL=([^\0]+)/.exec(environ)?.[1] ?? '';
    const body = Buffer.from('not a snapshot');
    for (const ticket of ['', 'invented']) {
      const answer = await fetch(`${stateUrl}/${'0'.repeat(26)}`, {
        method: 'PUT',
        headers: {
          'x-sk-ticket': ticket,
          'x-sk-sha256': createHash('sha256').update(body).digest('hex'),
        },
        body,
      });
      expect(answer.status).toBe(403);
    }
    expect(storedSnapshots(system.stateDir, tenantId)).toEqual([]);
  });

  describeMetering(() => patient.system);

  it('hibernates under its clients’ open sockets, and the next message meets the same container', async () => {
    const { before, after, containers } = await silence;
    expect(after.constructedAt, 'the object was constructed anew').not.toBe(before.constructedAt);
    expect(after.connections, 'on the same socket').toBe(1);
    expect(after.agent.generation).toBe(before.agent.generation);
    expect(containers[0]).toBe(containers[1]);
    expect(containers[2], 'the same process').toBe(containers[3]);
  });
});
