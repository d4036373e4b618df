import { describe, expect, test } from 'vitest';
import type { AgentStatus } from '../../../../contract/agent.ts';
import type { EventData, ServerFrame, SessionView } from '../../../../contract/frames.ts';
import type { BudgetView } from '../../../../contract/notices.ts';
import { applyFrame, EMPTY_CHAT, type ChatState } from './chat-state.ts';
import { addMessage } from './outbox.ts';
import { openTurn } from './session-log.ts';
import type { Turn } from './turn.ts';

const SESSION = '01JD0000000000000000000001';
const OTHER = '01JD0000000000000000000002';
const AWAKE: AgentStatus = {
  state: 'ready',
  since: 5,
  generation: 1,
  wakeStartedAt: null,
  expectedWakeMs: 20_000,
  timings: [],
  failure: null,
};
const UNUSED: BudgetView = {
  month: Date.UTC(2026, 10),
  usedNano: 0,
  limitNano: 5_000_000_000,
  percent: 0,
  renewsAt: Date.UTC(2026, 11),
};

function session(id: string, updatedAt: number, working = false): SessionView {
  return { id, title: id, createdAt: 0, updatedAt, lastSeq: 0, working };
}

function events(from: number, ...data: EventData[]): ServerFrame {
  return {
    type: 'events',
    sessionId: SESSION,
    events: data.map((one, index) => ({ seq: from + index, turnId: 't1', at: 100, data: one })),
  };
}

function run(state: ChatState, ...frames: ServerFrame[]): ChatState {
  return frames.reduce((chat, frame) => applyFrame(chat, frame, 1_000), state);
}

function turnOf(state: ChatState): Turn {
  const turn = state.logs[SESSION]?.turns[0];
  if (turn === undefined) throw new Error('there is no turn');
  return turn;
}

const asked: EventData = { type: 'user', text: 'Hello', clientId: 'client-01', by: 'm1' };
const delta = (text: string): EventData => ({ type: 'delta', text });
const final: EventData = { type: 'final', text: 'Whole answer', ms: 900 };

describe('a turn', () => {
  test('appends deltas in order', () => {
    const chat = run(EMPTY_CHAT, events(1, asked, delta('Wh'), delta('ole')));
    expect(turnOf(chat)).toMatchObject({ question: 'Hello', answer: 'Whole', state: 'open' });
  });

  test('is replaced by its final text', () => {
    const chat = run(EMPTY_CHAT, events(1, asked, delta('Whale'), final));
    expect(turnOf(chat)).toMatchObject({ answer: 'Whole answer', state: 'done', ms: 900 });
  });

  test('forgets its deltas when the run starts over', () => {
    const reset: EventData = { type: 'turn.reset', reason: 'restart' };
    const chat = run(EMPTY_CHAT, events(1, asked, delta('first try'), reset, delta('second')));
    expect(turnOf(chat).answer).toBe('second');
  });

  test('ignores events it has seen', () => {
    const once = run(EMPTY_CHAT, events(1, asked, delta('a'), delta('b')));
    const twice = run(once, events(2, delta('a'), delta('b')), events(3, delta('b'), delta('c')));
    expect(turnOf(twice).answer).toBe('abc');
    expect(twice.logs[SESSION]?.lastSeq).toBe(4);
  });

  test('goes from its question to its final text where the deltas were deleted', () => {
    const chat = run(EMPTY_CHAT, events(1, asked), events(90, final));
    expect(turnOf(chat)).toMatchObject({ answer: 'Whole answer', state: 'done' });
    expect(chat.logs[SESSION]?.lastSeq).toBe(90);
  });

  test('keeps the partial text when it is stopped, with or without it in the event', () => {
    const open = run(EMPTY_CHAT, events(1, asked, delta('half an')));
    const bare = run(open, events(3, { type: 'aborted', text: '', by: 'm1' }));
    const told = run(open, events(3, { type: 'aborted', text: 'half an answer', by: 'm1' }));
    expect(turnOf(bare)).toMatchObject({ state: 'aborted', answer: 'half an' });
    expect(turnOf(told)).toMatchObject({ state: 'aborted', answer: 'half an answer' });
  });

  test('keeps the partial text and the reason when it fails', () => {
    const failed: EventData = {
      type: 'error',
      code: 'upstream_timeout',
      message: 'Too slow.',
      retryable: true,
      text: '',
    };
    const turn = turnOf(run(EMPTY_CHAT, events(1, asked, delta('half'), failed)));
    expect(turn).toMatchObject({ state: 'error', answer: 'half' });
    expect(turn.failure).toEqual({
      code: 'upstream_timeout',
      message: 'Too slow.',
      retryable: true,
    });
  });

  test('shows the phase before its first word', () => {
    const chat = run(EMPTY_CHAT, events(1, asked, { type: 'status', phase: 'starting_model' }));
    expect(turnOf(chat).phase).toBe('starting_model');
  });
});

describe('tool calls', () => {
  const start: EventData = { type: 'tool.start', callId: 'c1', name: 'exec', args: '{"a":1}' };
  const update: EventData = { type: 'tool.update', callId: 'c1', output: 'line 1' };

  test('show their live output, then their result', () => {
    const live = run(EMPTY_CHAT, events(1, asked, start, update));
    expect(turnOf(live).tools).toEqual([
      { callId: 'c1', name: 'exec', args: '{"a":1}', output: 'line 1', state: 'running' },
    ]);
    const result: EventData = {
      type: 'tool.result',
      callId: 'c1',
      name: 'exec',
      output: 'line 1\nline 2',
      isError: false,
    };
    const done = run(live, events(4, result));
    expect(turnOf(done).tools[0]).toMatchObject({ output: 'line 1\nline 2', state: 'done' });
  });

  test('that failed say so', () => {
    const result: EventData = {
      type: 'tool.result',
      callId: 'c1',
      name: 'exec',
      output: 'no',
      isError: true,
    };
    expect(turnOf(run(EMPTY_CHAT, events(1, asked, start, result))).tools[0]?.state).toBe('failed');
  });

  test('do not run on when their turn was stopped', () => {
    const chat = run(EMPTY_CHAT, events(1, asked, start, { type: 'aborted', text: '', by: 'm1' }));
    expect(turnOf(chat).tools[0]?.state).toBe('stopped');
  });
});

describe('pending messages', () => {
  const message = { id: 'client-01', sessionId: SESSION, text: 'Hello' };
  const reading = run(EMPTY_CHAT, { ...events(1), caughtUp: true } as ServerFrame);
  const pending: ChatState = { ...reading, outbox: addMessage([], message) };
  const ack: ServerFrame = {
    type: 'ack',
    id: 'client-01',
    sessionId: SESSION,
    turnId: 't1',
    seq: 1,
  };

  test('stay after the ack until the log shows them', () => {
    const acked = run(pending, ack);
    expect(acked.outbox).toMatchObject([{ id: 'client-01', state: 'stored' }]);
    expect(run(acked, events(1, asked)).outbox).toEqual([]);
  });

  test('go when the log shows them before the ack comes', () => {
    const shown = run(pending, events(1, asked));
    expect(shown.outbox).toEqual([]);
    expect(run(shown, ack).outbox).toEqual([]);
  });

  test('of another tab are not mistaken for ours', () => {
    const chat = run(pending, events(1, { ...asked, clientId: 'client-99' } as EventData));
    expect(chat.outbox).toHaveLength(1);
    expect(chat.logs[SESSION]?.turns).toHaveLength(1);
  });

  test('that are refused carry the reason', () => {
    const refused = run(pending, {
      type: 'error',
      code: 'queue_full',
      message: 'Four wait.',
      ref: 'client-01',
    });
    expect(refused.outbox[0]).toMatchObject({
      state: 'refused',
      refusal: { code: 'queue_full', message: 'Four wait.' },
    });
    expect(refused.notice).toBeNull();
  });

  test('survive a new greeting', () => {
    expect(run(pending, hello(session(SESSION, 1))).outbox).toHaveLength(1);
  });
});

function hello(...sessions: SessionView[]): ServerFrame {
  return {
    type: 'hello',
    protocol: 1,
    member: { id: 'm1', name: 'Ada', role: 'owner' },
    tenant: { slug: 'acme', tier: 'free', maxMessageChars: 8_000 },
    agent: AWAKE,
    budget: UNUSED,
    sessions,
  };
}

describe('the list of sessions', () => {
  test('is newest first, whoever changes it', () => {
    const chat = run(EMPTY_CHAT, hello(session(SESSION, 1), session(OTHER, 2)));
    expect(chat.sessions.map(({ id }) => id)).toEqual([OTHER, SESSION]);
    const touched = run(chat, { type: 'session', session: session(SESSION, 3, true) });
    expect(touched.sessions.map(({ id }) => id)).toEqual([SESSION, OTHER]);
    expect(touched.sessions[0]?.working).toBe(true);
  });

  test('loses a session deleted in another tab, with its log and its unsent messages', () => {
    const chat = run(
      { ...EMPTY_CHAT, outbox: addMessage([], { id: 'client-02', sessionId: SESSION, text: 'x' }) },
      hello(session(SESSION, 1)),
      events(1, asked),
      { type: 'session.deleted', sessionId: SESSION },
      events(2, delta('late news')),
    );
    expect(chat.sessions).toEqual([]);
    expect(chat.logs).toEqual({});
    expect(chat.outbox).toEqual([]);
    expect(chat.missing.has(SESSION)).toBe(true);
  });

  test('knows that a session asked for does not exist', () => {
    const chat = run(EMPTY_CHAT, {
      type: 'error',
      code: 'session_not_found',
      message: 'No such session.',
      ref: OTHER,
    });
    expect(chat.missing.has(OTHER)).toBe(true);
  });
});

test('several turns of a session keep apart, and the first open one runs', () => {
  const chat = run(EMPTY_CHAT, {
    type: 'events',
    sessionId: SESSION,
    events: [
      { seq: 1, turnId: 't1', at: 1, data: asked },
      { seq: 2, turnId: 't2', at: 2, data: { ...asked, text: 'And?' } as EventData },
      { seq: 3, turnId: 't1', at: 3, data: delta('one') },
    ],
  });
  const log = chat.logs[SESSION];
  expect(log?.turns.map(({ id, answer }) => [id, answer])).toEqual([
    ['t1', 'one'],
    ['t2', ''],
  ]);
  expect(log && openTurn(log)?.id).toBe('t1');
});

test('turns that no event is about stay the same objects', () => {
  const before = run(EMPTY_CHAT, events(1, asked, final));
  const after = run(before, {
    type: 'events',
    sessionId: SESSION,
    events: [{ seq: 9, turnId: 't2', at: 1, data: asked }],
  });
  expect(after.logs[SESSION]?.turns[0]).toBe(turnOf(before));
});

test('news of the agent are kept with the time they were heard, live or from a greeting', () => {
  expect(run(EMPTY_CHAT, hello()).agent).toEqual({ status: AWAKE, heardAt: 1_000, live: false });
  const live = run(EMPTY_CHAT, { type: 'agent', agent: AWAKE });
  expect(live.agent).toEqual({ status: AWAKE, heardAt: 1_000, live: true });
});

test('the budget is the one of the greeting, until the agent tells another', () => {
  const greeted = run(EMPTY_CHAT, hello());
  expect(greeted.budget).toEqual(UNUSED);
  const nearly: BudgetView = { ...UNUSED, usedNano: 4_100_000_000, percent: 80 };
  const told = run(greeted, { type: 'budget', budget: nearly });
  expect(told.budget).toEqual(nearly);
  expect(run(told, hello()).budget).toEqual(UNUSED);
});

test('a pong changes nothing', () => {
  expect(run(EMPTY_CHAT, { type: 'pong' })).toBe(EMPTY_CHAT);
});

describe('a history that was cut', () => {
  const turn = (id: string, from: number, ...data: EventData[]) =>
    data.map((one, index) => ({ seq: from + index, turnId: id, at: 100, data: one }));
  const question = (text: string): EventData => ({ ...asked, text }) as EventData;
  const newest: ServerFrame = {
    type: 'events',
    sessionId: SESSION,
    events: turn('t3', 5, question('Third'), final),
    caughtUp: true,
    cut: 5,
  };
  const page = (done: boolean, events: ReturnType<typeof turn>): ServerFrame => ({
    type: 'earlier',
    sessionId: SESSION,
    before: 5,
    events,
    done,
    cut: null,
  });
  const questions = (chat: ChatState): string[] =>
    chat.logs[SESSION]?.turns.map((one) => one.question) ?? [];

  test('gets its earlier turns in front, once all of the page is here', () => {
    const half = run(EMPTY_CHAT, newest, page(false, turn('t1', 1, question('First'), final)));
    expect(questions(half)).toEqual(['Third']);
    const whole = run(half, page(false, turn('t2', 3, question('Second'), final)), page(true, []));
    expect(questions(whole)).toEqual(['First', 'Second', 'Third']);
    expect(whole.logs[SESSION]).toMatchObject({ cut: null, coming: [], lastSeq: 6 });
  });

  test('takes no page that it did not wait for', () => {
    const chat = run(EMPTY_CHAT, newest, page(true, turn('t1', 1, question('First'), final)));
    expect(run(chat, page(true, turn('t1', 1, question('First'), final)))).toBe(chat);
  });

  test('leaves the last words of an earlier turn to its page', () => {
    const late: ServerFrame = {
      ...newest,
      events: turn('t2', 7, final),
      cut: undefined,
    } as ServerFrame;
    const chat = run(EMPTY_CHAT, newest, late);
    expect(questions(chat)).toEqual(['Third']);
    expect(chat.logs[SESSION]?.lastSeq).toBe(7);
  });
});

test('what an answer has used may come with its end or after it', () => {
  const usage = { model: 'm', tokensIn: 1, tokensOut: 2, costNano: 3 };
  const chat = run(EMPTY_CHAT, events(1, asked, final));
  expect(turnOf(chat).usage).toBeNull();
  const frame = { type: 'usage', sessionId: SESSION, turnId: 't1', usage } as const;
  expect(turnOf(run(chat, frame)).usage).toEqual(usage);
  expect(run(chat, { ...frame, turnId: 'other' })).toBe(chat);
  const whole = run(EMPTY_CHAT, events(1, asked, { type: 'final', text: '', ms: 1, usage }));
  expect(turnOf(whole).usage).toEqual(usage);
});
