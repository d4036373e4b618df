import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { type GatewayFrame, connectThrough } from './testing/gateway-socket.ts';
import { startFakeModels } from './testing/fake-models.ts';
import { startFakeState } from './testing/fake-state.ts';
import { GATEWAY_TOKEN, TOKEN, runSupervisor } from './testing/supervisor-run.ts';
import { scratchFolder } from './testing/scratch.ts';
import type { SnapshotResult } from './snapshot.ts';
import type { Status } from './status-board.ts';

/** Two boots of OpenClaw, each up to half a minute on a busy machine, and two turns. */
const FLOW_TIMEOUT_MS = 240_000;
const ids = ['01JABCDEFGHJKMNPQRSTVWXYZ0', '01JABCDEFGHJKMNPQRSTVWXYZ1'] as const;
const session = 'agent:main:flow';
const isSettled = ({ stage }: Status) => stage === 'ready' || stage === 'failed';

let models: Awaited<ReturnType<typeof startFakeModels>>;
let state: Awaited<ReturnType<typeof startFakeState>>;
beforeAll(async () => {
  models = await startFakeModels(({ body }) => ({
    pieces: ['You said ', JSON.stringify(body.messages).includes('blue door') ? 'blue door.' : '?'],
  }));
  state = await startFakeState();
});
afterAll(() => {
  models.close();
  state.close();
});

async function boot(dataDir: string, env: Record<string, string> = {}) {
  const run = await runSupervisor({
    SK_DATA_DIR: dataDir,
    SK_MODELS_URL: models.url,
    SK_STATE_URL: state.url,
    SK_OPENCLAW: JSON.stringify({
      models: ['chat', 'summarize', 'monitor'].map((id) => ({
        id,
        contextWindow: 128_000,
        maxTokens: 4_096,
      })),
      defaultModel: 'chat',
      tools: 'safe',
      web: false,
    }),
    ...env,
  });
  return { run, ...(await run.until(isSettled)) };
}

function isFinal(runId: string): (frame: GatewayFrame) => boolean {
  return ({ event, payload }) =>
    event === 'chat' && payload?.runId === runId && payload.state === 'final';
}

/** @returns whether the OpenClaw process of that status still runs. */
function isAlive({ openclaw }: Status): boolean {
  try {
    return process.kill(openclaw.pid ?? 0, 0);
  } catch {
    return false;
  }
}

function timesOf({ status }: { status: Status }): string {
  return JSON.stringify(status.timings);
}

it(
  'a real agent answers, sleeps into a snapshot and wakes from it with its memory',
  async () => {
    const firstDir = await scratchFolder();
    const first = await boot(firstDir);
    expect(first).toMatchObject({ stages: ['booting', 'ready'], status: { reason: null } });
    const { run } = first;
    const chat = await connectThrough(run.port);
    await chat.call('sessions.patch', { key: session, model: 'platform/monitor' });
    const message = 'remember the blue door';
    await chat.call('chat.send', { sessionKey: session, message, idempotencyKey: 'event-1' });
    const final = await chat.until(isFinal('event-1'));
    expect(JSON.stringify(final.payload)).toContain('You said blue door.');
    expect(models.requests[0]?.body.model).toBe('monitor');

    await writeFile(`${layoutOf(firstDir).workspace}/notes.md`, 'kept');
    const snapshot = async (id: string) => {
      const body = JSON.stringify({ id, ticket: 'ticket', maxBytes: 1e9 });
      return (await run.call('/snapshot', { method: 'POST', body })).json();
    };
    // A checkpoint under gateway.suspend, after which the agent goes on.
    expect(await snapshot(ids[0])).toMatchObject({ id: ids[0], sha256: expect.any(String) });
    const after = { sessionKey: session, message: 'and again', idempotencyKey: 'event-2' };
    await chat.call('chat.send', after);
    await chat.until(isFinal('event-2'));
    await chat.close();
    expect(await (await run.call('/stop', { method: 'POST' })).json()).toMatchObject({
      clean: true,
    });
    const stored = (await snapshot(ids[1])) as SnapshotResult;
    expect(stored).toMatchObject({ id: ids[1], size: state.stored.get(ids[1])?.body.length });
    await run.close();
    expect(isAlive(first.status)).toBe(false);
    for (const secret of [TOKEN, GATEWAY_TOKEN]) expect(run.output()).not.toContain(secret);

    const { id, size, sha256 } = stored;
    const secondDir = await scratchFolder();
    const second = await boot(secondDir, {
      SK_GENERATION: '2',
      SK_RESTORE: JSON.stringify({ id, size, sha256 }),
    });
    expect(second).toMatchObject({
      stages: ['restoring', 'booting', 'ready'],
      status: { generation: 2, restored: { id, sha256 } },
    });
    expect(await readFile(`${layoutOf(secondDir).workspace}/notes.md`, 'utf8')).toBe('kept');
    const again = await connectThrough(second.run.port);
    const history = await again.call('chat.history', { sessionKey: session, limit: 20 });
    const text = JSON.stringify(history.payload);
    for (const part of [message, 'You said blue door.', 'event-2:user'])
      expect(text).toContain(part);
    await again.close();
    const ended = once(second.run.child, 'exit');
    second.run.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(isAlive(second.status)).toBe(false);
    console.log(`fresh ${timesOf(first)}, restored ${timesOf(second)}, ${size} bytes`);
  },
  FLOW_TIMEOUT_MS,
);
