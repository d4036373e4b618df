import { expect, test } from 'vitest';
import type { AgentInspection } from '../../../../../contract/api.ts';
import type { LiveFrame } from '../../../../../contract/live.ts';
import type { TimelinePage, TimelineQuery } from '../../../../../contract/timeline.ts';
import { ApiError } from '../../api/http.ts';
import type { LineEvents } from '../../api/kept-socket.ts';
import { LiveAgent, type LiveDeps } from './live-agent.svelte.ts';
import { entry, inspected } from './testing/inspected.ts';

const note = (seq: number) => entry(seq, { type: 'settings', version: seq });
const seqs = (agent: LiveAgent): number[] => agent.entries.map(({ seq }) => seq);
const BOOTING = inspected({ agent: { state: 'booting' } });
const READY = inspected({ agent: { state: 'ready' } });
/** Lets what was asked for come back. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

interface Api {
  inspect?: () => Promise<AgentInspection>;
  timeline?: (query: Partial<TimelineQuery>) => Promise<TimelinePage>;
}

/** A page on a line that the test speaks at the other end of. */
function setUp(api: Api = {}) {
  const asked: Partial<TimelineQuery>[] = [];
  const tasks: (() => void)[] = [];
  let events: LineEvents | undefined;
  let lines = 0;
  let inspections = 0;
  const deps: LiveDeps = {
    api: {
      inspect() {
        inspections += 1;
        return api.inspect?.() ?? Promise.resolve(READY);
      },
      timeline(query = {}) {
        asked.push(query);
        return api.timeline?.(query) ?? Promise.reject(new ApiError('internal', 500, 'No.'));
      },
    },
    connect(given) {
      events = given;
      lines += 1;
      return { close: () => (lines -= 1), reconnect: () => undefined };
    },
    now: () => 7,
    later(task) {
      tasks.push(task);
      return () => void tasks.splice(tasks.indexOf(task), 1);
    },
  };
  const agent = new LiveAgent(deps, inspected());
  const stop = agent.start();
  return {
    agent,
    stop,
    asked,
    lines: () => lines,
    inspections: () => inspections,
    say: (frame: LiveFrame) => events?.onText(JSON.stringify(frame)),
    sayText: (text: string) => events?.onText(text),
    happen: (...numbers: number[]) =>
      events?.onText(JSON.stringify({ t: 'timeline', entries: numbers.map(note) })),
    drop: (code = 1006) => events?.onDown({ code, reason: '' }),
    laterNow: () => tasks.splice(0).forEach((task) => task()),
    waiting: () => tasks.length,
  };
}

const live = (seq: number, inspection = BOOTING): LiveFrame => ({ t: 'live', seq, inspection });
const page = (numbers: number[], more = false, lastSeq = numbers.at(-1) ?? 0): TimelinePage => ({
  entries: numbers.map(note),
  more,
  lastSeq,
});

test('shows what it was loaded with, and what comes once it is connected', () => {
  const { agent, say, happen } = setUp();
  expect([agent.mode, agent.inspection.agent.state]).toEqual(['connecting', 'asleep']);
  agent.seed(page([1, 2]));
  say(live(2));
  expect([agent.mode, agent.inspection.agent.state]).toEqual(['live', 'booting']);
  happen(3, 4);
  expect([seqs(agent), agent.newCount]).toEqual([[1, 2, 3, 4], 0]);
});

test('paused, it stands still and counts the news; resumed, it shows all of it', () => {
  const { agent, say, happen } = setUp();
  agent.seed(page([1]));
  say(live(1));
  agent.pause();
  happen(2, 3);
  say(live(3, READY));
  expect([agent.mode, agent.inspection.agent.state, seqs(agent)]).toEqual([
    'paused',
    'booting',
    [1],
  ]);
  expect([agent.newCount, agent.pausedAt]).toEqual([2, 7]);
  agent.release();
  expect(seqs(agent)).toEqual([1]);
  agent.resume();
  expect([agent.mode, agent.inspection.agent.state, seqs(agent), agent.newCount]).toEqual([
    'live',
    'ready',
    [1, 2, 3],
    0,
  ]);
});

test('held for somebody who reads further down, only new entries wait', () => {
  const { agent, say, happen } = setUp();
  agent.seed(page([1]));
  say(live(1));
  agent.hold();
  happen(2);
  say(live(2, READY));
  expect([agent.mode, agent.inspection.agent.state, seqs(agent)]).toEqual(['live', 'ready', [1]]);
  agent.release();
  expect(seqs(agent)).toEqual([1, 2]);
});

test('what was missed while the line was down is asked for from where it broke off', async () => {
  const { agent, say, drop, asked } = setUp({
    timeline: ({ after }) => Promise.resolve(after === 2 ? page([3, 4], true, 6) : page([5, 6])),
  });
  agent.seed(page([1, 2]));
  say(live(2));
  drop();
  expect(agent.mode).toBe('lost');
  say(live(6, READY));
  await settled();
  expect(seqs(agent)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(asked.map(({ after }) => after)).toEqual([2, 4]);
  expect(agent.mode).toBe('live');
});

test('a gap between two frames is filled, and one that could not be is tried at the next news', async () => {
  let isUp = false;
  const { agent, say, happen, asked } = setUp({
    timeline: () =>
      isUp ? Promise.resolve(page([3, 4, 5])) : Promise.reject(new ApiError('x', 500, 'No.')),
  });
  agent.seed(page([1, 2]));
  say(live(2));
  happen(4);
  await settled();
  expect(seqs(agent)).toEqual([1, 2, 4]);
  isUp = true;
  happen(5);
  await settled();
  expect(seqs(agent)).toEqual([1, 2, 3, 4, 5]);
  expect(asked).toHaveLength(2);
});

test('entries that were there before anybody looked are not asked for', async () => {
  const { agent, say, happen, asked } = setUp();
  say(live(40));
  happen(41);
  await settled();
  expect([seqs(agent), asked, agent.hasOlder]).toEqual([[41], [], true]);
});

test('older entries come before the oldest, also while it is paused, until there are none', async () => {
  const { agent, asked } = setUp({ timeline: () => Promise.resolve(page([1, 2], false, 4)) });
  agent.seed(page([3, 4], true));
  expect(agent.hasOlder).toBe(true);
  agent.pause();
  await agent.loadOlder();
  expect([seqs(agent), asked[0]?.before, agent.hasOlder]).toEqual([[1, 2, 3, 4], 3, false]);
});

test('what happened without a look at the agent is followed by one, once', async () => {
  const { agent, say, happen, laterNow, waiting, inspections } = setUp();
  say(live(1));
  happen(2);
  happen(3);
  expect(waiting()).toBe(1);
  say(live(3));
  expect(waiting()).toBe(0);
  happen(4);
  laterNow();
  await settled();
  expect([inspections(), agent.inspection.agent.state]).toEqual([1, 'ready']);
});

test('an answer that was overtaken by the line is not shown', async () => {
  let answer: (inspection: AgentInspection) => void = () => undefined;
  const { agent, say } = setUp({ inspect: () => new Promise((resolve) => (answer = resolve)) });
  say(live(1));
  const asked = agent.refresh();
  say(live(2, READY));
  answer(inspected());
  await asked;
  expect(agent.inspection.agent.state).toBe('ready');
});

test('a line that ran for an hour comes back; one that broke says so and looks by request', async () => {
  const { agent, say, drop, inspections } = setUp();
  say(live(1));
  drop(4408);
  expect([agent.mode, inspections()]).toEqual(['connecting', 0]);
  drop(1006);
  await settled();
  expect([agent.mode, agent.why, inspections()]).toEqual(['lost', null, 1]);
  expect(agent.inspection.agent.state).toBe('ready');
});

test.each([
  [1008, 'must not'],
  [4403, 'suspended'],
  [4410, 'deleted'],
])('a line closed with %i is not opened again, and says why', (code, words) => {
  const { agent, say, drop, lines } = setUp();
  say(live(1));
  drop(code);
  expect([agent.mode, lines()]).toEqual(['lost', 0]);
  expect(agent.why).toContain(words);
});

test('a refusal of the handshake says what the same request by hand is refused with', async () => {
  const refused = new ApiError('forbidden', 403, 'Your role may not.');
  const { agent, drop, lines } = setUp({ inspect: () => Promise.reject(refused) });
  drop();
  await settled();
  expect([agent.mode, agent.why, lines()]).toEqual(['lost', 'Your role may not.', 0]);
});

test('a frame of a newer system ends the line with the advice to reload', () => {
  const { agent, sayText, lines } = setUp();
  sayText('{"t":"new"}');
  expect([agent.mode, lines()]).toEqual(['lost', 0]);
  expect(agent.why).toContain('Reload');
});

test('leaving the page closes the line, and nothing is asked for later', () => {
  const { say, happen, stop, lines, waiting } = setUp();
  say(live(1));
  happen(2);
  stop();
  expect([lines(), waiting()]).toEqual([0, 0]);
});
