import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { AgentStatus } from '../../../../../contract/agent.ts';
import type { AgentNews } from '../chat-state.ts';
import { addMessage, markRefused } from '../outbox.ts';
import { EMPTY_LOG, type SessionLog } from '../session-log.ts';
import type { Turn } from '../turn.ts';
import Conversation from './Conversation.svelte';

const SESSION = '01JD0000000000000000000001';
const turn: Turn = {
  id: 't1',
  clientId: 'client-01',
  question: 'Hello',
  by: 'm1',
  askedAt: 1,
  state: 'open',
  phase: null,
  tools: [],
  answer: '',
  ms: null,
  failure: null,
  usage: null,
};

afterEach(cleanup);

function news(status: Partial<AgentStatus> = {}): AgentNews {
  const awake: AgentStatus = {
    state: 'ready',
    since: 100_000,
    generation: 1,
    wakeStartedAt: null,
    expectedWakeMs: 20_000,
    timings: [],
    failure: null,
  };
  return { status: { ...awake, ...status }, heardAt: Date.now(), live: true };
}

const announced = (): string =>
  document.querySelector('[aria-live="polite"][aria-atomic="true"]')?.textContent ?? '';

const logOf = (...turns: Turn[]): SessionLog => ({
  ...EMPTY_LOG,
  lastSeq: 9,
  caughtUp: true,
  turns,
});

function setUp(props: Record<string, unknown>) {
  const onretry = vi.fn<(question: string) => void>();
  const onresend = vi.fn<(id: string) => void>();
  const view = render(Conversation, {
    log: logOf(turn),
    pending: [],
    agent: news(),
    online: true,
    onretry,
    onearlier: () => {},
    onresend,
    ondiscard: () => {},
    ...props,
  });
  return { onretry, onresend, view };
}

test('an awake agent that has said nothing yet is thinking', () => {
  setUp({});
  expect(screen.getByText('Thinking')).toBeTruthy();
});

test('while it wakes, the stages stand where the answer will be', () => {
  setUp({
    agent: news({
      state: 'restoring',
      wakeStartedAt: 98_000,
      timings: [{ stage: 'starting', ms: 2_000 }],
    }),
  });
  expect(screen.queryByText('Thinking')).toBeNull();
  expect(screen.getByText('Waking your agent')).toBeTruthy();
  expect(screen.getByText('Bringing back its files').textContent).toBeTruthy();
  expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('9');
});

test('a wake past its expected time says so', () => {
  setUp({ agent: news({ state: 'booting', wakeStartedAt: 70_000 }) });
  expect(screen.getByText('Taking longer than usual')).toBeTruthy();
});

test('an agent that failed gives the reason and when it tries again', () => {
  setUp({
    agent: news({
      state: 'failed',
      failure: { code: 'restore_failed', message: 'It did not verify.', nextTryAt: 160_000 },
    }),
  });
  expect(screen.getByText('It did not verify.')).toBeTruthy();
  expect(screen.getByText(/It tries again in/).textContent).toContain('1 min');
});

test('a sleeping agent shows no card while nobody waits for it', () => {
  setUp({ log: logOf({ ...turn, state: 'done', answer: 'Hi' }), agent: news({ state: 'asleep' }) });
  expect(screen.queryByLabelText('The agent is waking')).toBeNull();
});

test('a failed turn keeps its text and can be asked again when it is the last', async () => {
  const failure = { code: 'upstream_timeout', message: 'Too slow.', retryable: true };
  const { onretry } = setUp({
    log: logOf({ ...turn, state: 'error', answer: 'half', failure }),
  });
  expect(screen.getByText(/half/)).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(onretry).toHaveBeenCalledExactlyOnceWith('Hello');
});

test('a turn that cannot succeed a second time offers no second try', () => {
  const failure = { code: 'limit_reached', message: 'Enough for today.', retryable: false };
  setUp({ log: logOf({ ...turn, state: 'error', failure }) });
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

test('a tool call is folded, with its name, arguments and output inside', () => {
  const tool = { callId: 'c1', name: 'exec', args: '{"a":1}', output: 'line 1', state: 'running' };
  setUp({ log: logOf({ ...turn, tools: [tool] } as Turn) });
  const card = screen.getByRole('group');
  expect(card.hasAttribute('open')).toBe(false);
  expect(card.textContent).toContain('exec');
  expect(card.textContent).toContain('line 1');
  expect(card.textContent).toContain('running');
});

test('a second open turn is queued behind the first', () => {
  setUp({ log: logOf(turn, { ...turn, id: 't2', question: 'And?' }) });
  expect(screen.getAllByText(/^Queued/)).toHaveLength(1);
});

test('a refused message gives the reason and can be sent again', async () => {
  const added = addMessage([], { id: 'client-09', sessionId: SESSION, text: 'More' });
  const pending = markRefused(added, 'client-09', { code: 'queue_full', message: 'Four wait.' });
  const { onresend } = setUp({ pending });
  expect(screen.getByText('Not sent: Four wait.')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Send again' }));
  expect(onresend).toHaveBeenCalledExactlyOnceWith('client-09');
});

test.each([
  ['rate_limited', 'At most 10 messages a minute. Try again in 12 seconds.'],
  ['budget_reached', 'This month’s budget of $5.00 is used up.'],
])('a message refused as %s gives the reason in the agent’s own words', (code, message) => {
  const added = addMessage([], { id: 'client-09', sessionId: SESSION, text: 'More' });
  setUp({ log: logOf(), pending: markRefused(added, 'client-09', { code, message }) });
  expect(screen.getByRole('alert').textContent).toContain(`Not sent: ${message}`);
});

test('an answer is announced once, when it settles', async () => {
  const { view } = setUp({ log: logOf({ ...turn, answer: 'Hal' }) });
  expect(announced()).toBe('');
  await view.rerender({ log: logOf({ ...turn, answer: 'Half an answer' }) });
  expect(announced()).toBe('');
  await view.rerender({ log: logOf({ ...turn, state: 'done', answer: 'The answer' }) });
  expect(announced()).toBe('Agent: The answer');
});

test('an old conversation is not read aloud when it opens', () => {
  setUp({ log: logOf({ ...turn, state: 'done', answer: 'Old' }) });
  expect(document.querySelector('[aria-atomic="true"]')?.textContent).toBe('');
});

const done: Turn = { ...turn, state: 'done', answer: 'Hi **there**', ms: 8_000 };

test('an answer tells its model, its cost and its time once they are known', async () => {
  const { view } = setUp({ log: logOf(done) });
  expect(screen.getByText('8 s')).toBeTruthy();
  const usage = { model: '@cf/a/glm', tokensIn: 1_000, tokensOut: 234, costNano: 2_100_000 };
  await view.rerender({ log: logOf({ ...done, usage }) });
  expect(screen.getByText('glm · 1,234 tokens · $0.0021 · 8 s')).toBeTruthy();
});

test('the newest answer can be asked for again, and no other', async () => {
  const { onretry } = setUp({ log: logOf(done, { ...done, id: 't2', question: 'Again?' }) });
  await fireEvent.click(screen.getByRole('button', { name: 'Ask again' }));
  expect(onretry).toHaveBeenCalledExactlyOnceWith('Again?');
});

test('nothing is asked again while a turn is open', () => {
  setUp({ log: logOf(done, { ...turn, id: 't2' }) });
  expect(screen.queryByRole('button', { name: 'Ask again' })).toBeNull();
});

test('the answer is copied as it was written', async () => {
  const writeText = vi.fn<(text: string) => Promise<void>>(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  setUp({ log: logOf(done) });
  await fireEvent.click(screen.getByRole('button', { name: 'Copy the answer' }));
  expect(writeText).toHaveBeenCalledExactlyOnceWith('Hi **there**');
  expect(await screen.findByText('Copied')).toBeTruthy();
  vi.unstubAllGlobals();
});

test('of a very long conversation only the newest turns are on the page', () => {
  const turns = Array.from({ length: 5_000 }, (_, n) => ({
    ...done,
    id: `t${n}`,
    question: `Q${n}`,
  }));
  setUp({ log: logOf(...turns) });
  expect(screen.getAllByRole('article')).toHaveLength(100);
  expect(screen.getByText('Q4999')).toBeTruthy();
  expect(screen.getByText('Reading earlier messages…')).toBeTruthy();
});
