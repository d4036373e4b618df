import { describe, expect, test } from 'vitest';
import type { SessionEvent, SessionView } from '../../contract/frames.ts';
import { skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const ID = '01KAXYZ5F0000000000000000A';
const SESSION: SessionView = {
  id: ID,
  title: 'Trip to Riga',
  createdAt: Date.UTC(2026, 10, 22),
  updatedAt: Date.UTC(2026, 10, 22),
  lastSeq: 2,
  working: false,
};
const event = (seq: number, data: SessionEvent['data']): SessionEvent => ({
  seq,
  turnId: 'turn-1',
  at: Date.UTC(2026, 10, 22),
  data,
});
const EVENTS = [
  event(1, { type: 'user', text: 'Which\ntrain?', clientId: 'message-1', by: 'Ada' }),
  event(2, { type: 'status', phase: 'starting_model' }),
  event(3, { type: 'final', text: 'The 7:40.', ms: 900 }),
];
const HISTORY = { session: SESSION, events: EVENTS, more: true };

async function run(argv: string, answer: Scripted) {
  const system = await startSystem(answer);
  const ran = await skclaw([...argv.split(' '), '--tenant-id', 'acme'], {
    env: { SKCLAW_URL: system.url },
  });
  return { ...ran, asked: system.received.map(({ method, url }) => `${method} ${url.slice(19)}`) };
}

describe('session list', () => {
  test('prints them as JSON or as a table', async () => {
    const ran = await run('session list', { body: { sessions: [SESSION] } });
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: ['GET acme/sessions'] });
    expect(ran.data()).toEqual({ sessions: [SESSION] });
    const table = await run('session list --format table', { body: { sessions: [SESSION] } });
    expect(table.stdout).toMatch(new RegExp(`^${ID} +Trip to Riga +no +2 +2026-11-22`, 'm'));
  });

  test('is valid JSON when there is none', async () => {
    const ran = await run('session list', { body: { sessions: [] } });
    expect(ran.data()).toEqual({ sessions: [] });
  });
});

describe('session show', () => {
  test('prints a page of what was said, and whether there is more', async () => {
    const ran = await run(`session show ${ID}`, { body: HISTORY });
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: [`GET acme/sessions/${ID}/events`] });
    expect(ran.data()).toEqual(HISTORY);
  });

  test('asks for the page that is wanted', async () => {
    const ran = await run(`session show ${ID} --after 500 --limit 100`, { body: HISTORY });
    expect(ran.asked).toEqual([`GET acme/sessions/${ID}/events?after=500&limit=100`]);
  });

  test('is a table of one line an event when asked', async () => {
    const { stdout, stderr } = await run(`session show ${ID} --format table`, { body: HISTORY });
    expect(stderr).toBe('There is more: --after 3\n');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^1 +2026-11-22\S+ +user +Which train\?$/);
    expect(lines[2]).toContain('{"phase":"starting_model"}');
  });

  test.each([
    [`session show ${ID} --limit 1001`, '--limit must be a number from 1 to 1000'],
    [`session show ${ID} --after=-1`, '--after must be a number from 0'],
    ['session show nope', '<id> must be a ULID'],
  ])('refuses %s', async (argv, message) => {
    const ran = await run(argv, { body: HISTORY });
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error().message).toContain(message);
  });
});

describe('session delete', () => {
  test('deletes once it is confirmed', async () => {
    const ran = await run(`session delete ${ID} --yes`, { status: 204 });
    expect(ran).toMatchObject({ code: 0, asked: [`DELETE acme/sessions/${ID}`] });
    expect(ran.data()).toEqual({ id: ID, deleted: true });
  });

  test('asks nobody anything until it is confirmed', async () => {
    const ran = await run(`session delete ${ID}`, { status: 204 });
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error().code).toBe('confirmation_required');
  });
});

test.each([
  [404, 'session_not_found', 1],
  [403, 'forbidden', 2],
  [500, 'internal', 3],
])('a refusal of %d %s exits %d with its words', async (status, code, exit) => {
  const body = { error: { code, message: 'No.' } };
  for (const argv of ['session list', `session show ${ID}`, `session delete ${ID} --yes`]) {
    const ran = await run(argv, { status, body });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(body.error);
  }
});

test('a system that hangs up is exit 3', async () => {
  const ran = await run(`session show ${ID}`, { drops: true });
  expect([ran.code, ran.error().code]).toEqual([3, 'system_unreachable']);
});
