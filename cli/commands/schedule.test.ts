import { describe, expect, test } from 'vitest';
import type { ScheduleRunView, ScheduleView } from '../../contract/schedules.ts';
import { skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const ID = '01KAXYZ5F0000000000000000A';
const SESSION_ID = '01KAXYZ5F0000000000000000B';
const RUN: ScheduleRunView = {
  id: '01KAXYZ5F0000000000000000C',
  dueAt: Date.UTC(2026, 10, 22),
  trigger: 'manual',
  state: 'queued',
  reason: null,
  sessionId: SESSION_ID,
  turnId: 'turn-1',
  startedAt: null,
  endedAt: null,
  tokensIn: 0,
  tokensOut: 0,
  costNano: 0,
};
const SCHEDULE: ScheduleView = {
  id: ID,
  name: 'daily',
  cron: '0 9 * * *',
  timeZone: 'UTC',
  prompt: 'What is new?',
  sessionId: null,
  enabled: true,
  nextAt: Date.UTC(2026, 10, 23, 9),
  createdBy: 'ada@example.com',
  createdAt: Date.UTC(2026, 10, 22),
  updatedAt: Date.UTC(2026, 10, 22),
  lastRun: { ...RUN, state: 'done' },
};

async function run(argv: string[], answer: Scripted) {
  const system = await startSystem(answer);
  const ran = await skclaw([...argv, '--tenant-id', 'acme'], { env: { SKCLAW_URL: system.url } });
  const asked = system.received.map(({ method, url }) => `${method} ${url.slice(19)}`);
  return { ...ran, asked, sent: system.received[0]?.body };
}
const schedule = (...argv: string[]): string[] => ['schedule', ...argv];

describe('schedule list', () => {
  test('prints them as JSON or as a table', async () => {
    const body = { schedules: [SCHEDULE] };
    const ran = await run(schedule('list'), { body });
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: ['GET acme/schedules'] });
    expect(ran.data()).toEqual(body);
    const { stdout } = await run(schedule('list', '--format', 'table'), { body });
    expect(stdout).toMatch(
      new RegExp(`^${ID} +daily +0 9 \\* \\* \\* +UTC +yes +2026-11-23T09\\S+ +done$`, 'm'),
    );
  });

  test('is valid JSON when there is none', async () => {
    const ran = await run(schedule('list'), { body: { schedules: [] } });
    expect(ran.data()).toEqual({ schedules: [] });
  });
});

describe('schedule create', () => {
  const needed = ['--name', 'daily', '--cron', '0 9 * * *', '--prompt', 'What is new?'];

  test('sends what was given and prints the schedule', async () => {
    const ran = await run(schedule('create', ...needed), { status: 201, body: SCHEDULE });
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: ['POST acme/schedules'] });
    expect(ran.sent).toEqual({ name: 'daily', cron: '0 9 * * *', prompt: 'What is new?' });
    expect(ran.data()).toEqual(SCHEDULE);
  });

  test('sends zone, session and that it does not run yet', async () => {
    const more = ['--time-zone', 'Europe/Berlin', '--session-id', SESSION_ID, '--no-enabled'];
    const ran = await run(schedule('create', ...needed, ...more), { status: 201, body: SCHEDULE });
    expect(ran.sent).toMatchObject({
      timeZone: 'Europe/Berlin',
      sessionId: SESSION_ID,
      enabled: false,
    });
  });

  test('names what is missing', async () => {
    const ran = await run(schedule('create'), { body: SCHEDULE });
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error().details).toEqual([
      '--name is required',
      '--cron is required',
      '--prompt is required',
    ]);
  });

  test('repeats the system’s words about an expression that is none', async () => {
    const error = { code: 'invalid_request', message: 'cron: it is none.', hint: 'Five fields.' };
    const ran = await run(schedule('create', ...needed), { status: 400, body: { error } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});

describe('schedule update', () => {
  test.each<[string[], object]>([
    [['--no-enabled'], { enabled: false }],
    [['--enabled', '--cron', '0 8 * * *'], { enabled: true, cron: '0 8 * * *' }],
    [
      ['--name', 'b', '--prompt', 'c', '--time-zone', 'UTC'],
      { name: 'b', prompt: 'c', timeZone: 'UTC' },
    ],
    [['--session-id', SESSION_ID], { sessionId: SESSION_ID }],
    [['--own-session'], { sessionId: null }],
  ])('%j sends only what is to be another', async (argv, sent) => {
    const ran = await run(schedule('update', ID, ...argv), { body: SCHEDULE });
    expect(ran).toMatchObject({ code: 0, asked: [`PATCH acme/schedules/${ID}`] });
    expect(ran.sent).toEqual(sent);
    expect(ran.data()).toEqual(SCHEDULE);
  });

  test.each<[string[], string]>([
    [[], 'Nothing to change'],
    [['--own-session', '--session-id', SESSION_ID], 'not both'],
    [['--session-id', 'mine'], '--session-id must be a ULID'],
  ])('%j is refused', async (argv, message) => {
    const ran = await run(schedule('update', ID, ...argv), { body: SCHEDULE });
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error().message).toContain(message);
  });
});

describe('schedule run and runs', () => {
  test('run queues one and prints it', async () => {
    const ran = await run(schedule('run', ID), { status: 202, body: RUN });
    expect(ran).toMatchObject({ code: 0, asked: [`POST acme/schedules/${ID}/run`] });
    expect(ran.data()).toEqual(RUN);
  });

  test('run exits 1 while one is open', async () => {
    const error = { code: 'conflict', message: 'A run is open.' };
    const ran = await run(schedule('run', ID), { status: 409, body: { error } });
    expect([ran.code, ran.stdout]).toEqual([1, '']);
  });

  test('runs prints the newest, as many as wanted, also when there is none', async () => {
    const ran = await run(schedule('runs', ID, '--limit', '5'), { body: { runs: [RUN] } });
    expect(ran.asked).toEqual([`GET acme/schedules/${ID}/runs?limit=5`]);
    expect(ran.data()).toEqual({ runs: [RUN] });
    expect((await run(schedule('runs', ID), { body: { runs: [] } })).data()).toEqual({ runs: [] });
    const table = await run(schedule('runs', ID, '--format', 'table'), { body: { runs: [RUN] } });
    expect(table.stdout).toMatch(/ +manual +queued +- +2026-11-22/);
  });
});

describe('schedule delete', () => {
  test('deletes once it is confirmed', async () => {
    const ran = await run(schedule('delete', ID, '--yes'), { status: 204 });
    expect(ran).toMatchObject({ code: 0, asked: [`DELETE acme/schedules/${ID}`] });
    expect(ran.data()).toEqual({ id: ID, deleted: true });
  });

  test('asks nobody anything until it is confirmed', async () => {
    const ran = await run(schedule('delete', ID), { status: 204 });
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error().code).toBe('confirmation_required');
  });
});

test.each([
  [404, 'not_found', 1],
  [403, 'forbidden', 2],
  [500, 'internal', 3],
])('a refusal of %d %s exits %d with its words', async (status, code, exit) => {
  const body = { error: { code, message: 'No.' } };
  const update = ['update', ID, '--name', 'b'];
  const commands = [['list'], update, ['run', ID], ['runs', ID], ['delete', ID, '--yes']];
  for (const command of commands) {
    const ran = await run(schedule(...command), { status, body });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(body.error);
  }
});
