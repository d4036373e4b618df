import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { sha256, startFakeState } from './testing/fake-state.ts';
import { GATEWAY_TOKEN } from './testing/supervisor-run.ts';
import { makeInside } from './testing/supervisor-inside.ts';

const ids = ['01JABCDEFGHJKMNPQRSTVWXYZ0', '01JABCDEFGHJKMNPQRSTVWXYZ1'] as const;
const ask = { id: ids[0], ticket: 'ticket-1', maxBytes: 1e9 };
const isSettled = ({ stage }: { stage: string }) => stage === 'ready' || stage === 'failed';

let state: Awaited<ReturnType<typeof startFakeState>>;
beforeEach(async () => (state = await startFakeState()));
afterEach(() => state.close());

describe('a boot', () => {
  it('becomes ready, keeps the tokens out of the log, and stops in good order once', async () => {
    const run = await makeInside({});
    run.supervisor.start();
    const status = await run.until(isSettled);
    expect(status).toMatchObject({ stage: 'ready', reason: null, openclaw: { restarts: 0 } });
    expect(status.timings.readyMs).toBeGreaterThan(0);
    const said = JSON.stringify(run.ring.tail(100));
    expect(said).toContain('token [redacted]');
    expect(said).not.toContain(GATEWAY_TOKEN);
    const [first, second] = await Promise.all([run.supervisor.stop(), run.supervisor.stop()]);
    expect(first).toEqual({ clean: true, ms: expect.any(Number) });
    expect(second).toBe(first);
    expect(run.supervisor.board.current).toMatchObject({
      stage: 'stopped',
      openclaw: { pid: null },
    });
  });

  it('starts OpenClaw again after a crash and counts it', async () => {
    const run = await makeInside({ behaviour: 'crash-once' });
    run.supervisor.start();
    const status = await run.until(isSettled);
    expect(status).toMatchObject({
      stage: 'ready',
      openclaw: { restarts: 1, lastExit: { code: null, signal: 'SIGKILL' } },
    });
  });

  it('fails at once with what OpenClaw said when it refuses its config', async () => {
    const run = await makeInside({ behaviour: 'exit 78' });
    run.supervisor.start();
    expect(await run.until(isSettled)).toMatchObject({
      stage: 'failed',
      reason: { code: 'openclaw_config_invalid', message: 'refused: [redacted]' },
      openclaw: { restarts: 0 },
    });
  });

  it('does not start over a config file of the user that it cannot read', async () => {
    const run = await makeInside({ behaviour: '' });
    const { config } = layoutOf(run.dataDir);
    await writeFile(config, '{ not: json');
    run.supervisor.start();
    expect(await run.until(isSettled)).toMatchObject({ reason: { code: 'config_unreadable' } });
    expect(await readFile(config, 'utf8')).toBe('{ not: json');
  });
});

describe('a restore', () => {
  it.each([
    { what: 'another digest', change: (body: Buffer) => Buffer.from(body).fill(1, 10, 20) },
    { what: 'another size', change: (body: Buffer) => body.subarray(0, 50) },
    { what: 'more bytes', change: (body: Buffer) => Buffer.concat([body, body]) },
  ])('with $what fails as corrupt and starts and unpacks nothing', async ({ change }) => {
    const body = randomBytes(100);
    state.stored.set(ids[0], { body: change(body), headers: {} });
    const restore = { id: ids[0], size: body.length, sha256: sha256(body) };
    const run = await makeInside({ restore, stateUrl: state.url });
    run.supervisor.start();
    expect(await run.until(isSettled)).toMatchObject({
      stage: 'failed',
      reason: { code: 'restore_corrupt' },
      restored: null,
      openclaw: { pid: null, lastExit: null },
    });
    expect(await readdir(layoutOf(run.dataDir).tree)).toEqual([]);
    // What was never restored must never be stored over the only copy.
    await run.supervisor.stop();
    await expect(run.supervisor.snapshot(ask)).rejects.toMatchObject({
      code: 'snapshot_not_allowed',
    });
  });

  it('of the right bytes that are no archive fails as corrupt', async () => {
    const body = randomBytes(100);
    state.stored.set(ids[0], { body, headers: {} });
    const restore = { id: ids[0], size: body.length, sha256: sha256(body) };
    const run = await makeInside({ restore, stateUrl: state.url });
    run.supervisor.start();
    expect(await run.until(isSettled)).toMatchObject({ reason: { code: 'restore_corrupt' } });
  });

  it('that the store does not have is missing, and not asked for again', async () => {
    const restore = { id: ids[0], size: 1, sha256: 'a'.repeat(64) };
    const run = await makeInside({ restore, stateUrl: state.url });
    run.supervisor.start();
    expect(await run.until(isSettled)).toMatchObject({ reason: { code: 'restore_missing' } });
    expect(state.asked).toBe(1);
  });

  it('from a store that is not there is unavailable', async () => {
    const restore = { id: ids[0], size: 1, sha256: 'a'.repeat(64) };
    const run = await makeInside({ restore });
    run.supervisor.start();
    expect(await run.until(isSettled)).toMatchObject({ reason: { code: 'restore_unavailable' } });
  });
});

describe('a snapshot', () => {
  it('of a stopped agent goes to the store and brings the next generation everything back', async () => {
    const first = await makeInside({ stateUrl: state.url });
    first.supervisor.start();
    await first.until(isSettled);
    const one = layoutOf(first.dataDir);
    await writeFile(join(one.workspace, 'notes.md'), 'remember');
    await openBoot(one.state);
    await first.supervisor.stop();
    const result = await first.supervisor.snapshot(ask);
    const stored = state.stored.get(ids[0]);
    expect(result).toMatchObject({ id: ids[0], size: stored?.body.length });
    expect(stored?.headers).toMatchObject({
      'x-sk-ticket': 'ticket-1',
      'x-sk-sha256': result.sha256,
      'content-length': String(result.size),
    });
    expect(await readdir(one.work)).toEqual([]);

    const restore = { id: ids[0], size: result.size, sha256: result.sha256 };
    const second = await makeInside({ restore, stateUrl: state.url });
    second.supervisor.start();
    expect(await second.until(isSettled)).toMatchObject({
      stage: 'ready',
      restored: { id: ids[0], sha256: result.sha256 },
    });
    const two = layoutOf(second.dataDir);
    expect(await readFile(join(two.workspace, 'notes.md'), 'utf8')).toBe('remember');
    using database = new DatabaseSync(join(two.state, 'state/openclaw.sqlite'));
    expect(database.prepare('SELECT outcome FROM gateway_boot_lifecycle').all()).toMatchObject([
      { outcome: 'forced_stop' },
    ]);
  });

  it('with a damaged database of OpenClaw is refused, with a damaged one of the user it is not', async () => {
    const run = await makeInside({ stateUrl: state.url });
    run.supervisor.start();
    await run.until(isSettled);
    await run.supervisor.stop();
    const { workspace, state: folder } = layoutOf(run.dataDir);
    await damagedDatabase(join(workspace, 'mine.db'));
    expect(await run.supervisor.snapshot(ask)).toMatchObject({ id: ids[0] });
    await damagedDatabase(join(folder, 'agent.sqlite'));
    await expect(run.supervisor.snapshot({ ...ask, id: ids[1] })).rejects.toMatchObject({
      code: 'snapshot_database_damaged',
      message: expect.stringContaining('openclaw/agent.sqlite'),
    });
    expect([...state.stored.keys()]).toEqual([ids[0]]);
  });

  it('is not allowed while booting, and one at a time', async () => {
    const run = await makeInside({ stateUrl: state.url });
    await expect(run.supervisor.snapshot(ask)).rejects.toMatchObject({
      code: 'snapshot_not_allowed',
    });
    run.supervisor.start();
    await run.until(isSettled);
    await run.supervisor.stop();
    const [one, two] = await Promise.allSettled([
      run.supervisor.snapshot(ask),
      run.supervisor.snapshot({ ...ask, id: ids[1] }),
    ]);
    expect(one.status).toBe('fulfilled');
    expect(two).toMatchObject({ reason: { code: 'snapshot_busy' } });
  });

  it('says that the store refused it, or that it is too large', async () => {
    const run = await makeInside({});
    run.supervisor.start();
    await run.until(isSettled);
    await run.supervisor.stop();
    await expect(run.supervisor.snapshot(ask)).rejects.toMatchObject({ code: 'snapshot_refused' });
    await expect(run.supervisor.snapshot({ ...ask, maxBytes: 10 })).rejects.toMatchObject({
      code: 'snapshot_too_large',
    });
  });
});

async function damagedDatabase(path: string): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE t(x)');
  database.exec('BEGIN');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  for (let row = 0; row < 300; row++) insert.run('x'.repeat(100));
  database.exec('COMMIT');
  database.close();
  await writeFile(path, (await readFile(path)).fill(0x5a, 4_096, 4_096 * 5));
}

/** OpenClaw's record of a gateway life that has no end yet, as a checkpoint has it. */
async function openBoot(stateFolder: string): Promise<void> {
  await mkdir(join(stateFolder, 'state'), { recursive: true });
  using database = new DatabaseSync(join(stateFolder, 'state/openclaw.sqlite'));
  database.exec(`CREATE TABLE gateway_boot_lifecycle
      (completed_at_ms INTEGER, outcome TEXT, reason TEXT) STRICT;
    INSERT INTO gateway_boot_lifecycle VALUES (NULL, NULL, NULL)`);
}
