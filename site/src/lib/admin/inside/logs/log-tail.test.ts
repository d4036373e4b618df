import { expect, test, vi } from 'vitest';
import type { AgentLogLine, AgentLogs } from '../../../../../../contract/agent-logs.ts';
import { ApiError } from '../../../api/http.ts';
import { appendLines, LogTail, MAX_LINES, POLL_MS, type TailDeps } from './log-tail.svelte.ts';

const line = (seq: number, generation = 1): AgentLogLine => ({
  seq,
  generation,
  at: seq,
  source: 'openclaw',
  level: 'info',
  text: `line ${seq}`,
});
const answer = (lines: AgentLogLine[], changed: Partial<AgentLogs> = {}): AgentLogs => ({
  state: 'ready',
  running: true,
  generation: 1,
  lines,
  next: lines.at(-1)?.seq ?? 0,
  more: false,
  ...changed,
});

function setUp(first: AgentLogs, isVisible = true) {
  const ask = vi.fn<TailDeps['ask']>();
  const plans: { task: () => void; ms: number; isCalledOff: boolean }[] = [];
  const later = (task: () => void, ms: number): (() => void) => {
    const plan = { task, ms, isCalledOff: false };
    plans.push(plan);
    return () => (plan.isCalledOff = true);
  };
  const tail = new LogTail(
    { ask, later, isVisible: () => isVisible },
    { q: 'x', level: 'warn' },
    first,
  );
  const end = tail.start();
  const planned = () => plans.findLast((plan) => !plan.isCalledOff);
  /** The planned look, with what it is answered. */
  async function look(...answers: AgentLogs[]): Promise<void> {
    for (const one of answers) ask.mockResolvedValueOnce(one);
    const count = ask.mock.calls.length;
    planned()?.task();
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(count + answers.length));
    await vi.waitFor(() => expect(planned()?.ms ?? POLL_MS).toBe(POLL_MS));
  }
  return { tail, ask, planned, look, end };
}
const seqs = (lines: readonly AgentLogLine[]): number[] => lines.map(({ seq }) => seq);

test('a log that is followed grows, from where it was on, by the same filter', async () => {
  const { tail, ask, look } = setUp(answer([line(1)]));
  await look(answer([line(2), line(3)], { more: true }), answer([line(4)]));
  expect(seqs(tail.lines)).toEqual([1, 2, 3, 4]);
  expect(ask.mock.calls.map(([query]) => query)).toEqual([
    { q: 'x', level: 'warn', after: 1, generation: 1, limit: 200 },
    { q: 'x', level: 'warn', after: 3, generation: 1, limit: 200 },
  ]);
});

test('while it is paused what comes is counted, and shown afterwards', async () => {
  const { tail, look } = setUp(answer([line(1)]));
  tail.pause();
  await look(answer([line(2), line(3)]));
  expect([seqs(tail.lines), tail.newCount]).toEqual([[1], 2]);
  tail.resume();
  expect([seqs(tail.lines), tail.newCount, tail.isPaused]).toEqual([[1, 2, 3], 0, false]);
});

test('what is kept of a sandbox that sleeps is not asked for again before there is news', async () => {
  const { tail, ask, planned } = setUp(answer([line(1)], { running: false, state: 'asleep' }));
  expect([planned(), tail.running]).toEqual([undefined, false]);
  ask.mockResolvedValueOnce(answer([line(1, 2)], { generation: 2 }));
  tail.news();
  await vi.waitFor(() => expect(planned()?.ms).toBe(POLL_MS));
  expect(tail.lines.map(({ generation }) => generation)).toEqual([1, 2]);
  expect([tail.running, tail.generation]).toEqual([true, 2]);
});

test('it is not asked for out of sight, nor when it was left', async () => {
  expect(setUp(answer([]), false).planned()).toBeUndefined();
  const { tail, ask, end } = setUp(answer([]));
  end();
  tail.news();
  expect(ask).not.toHaveBeenCalled();
});

test('a failure is said and tried again, unless it is a refusal', async () => {
  const { tail, ask, planned } = setUp(answer([]));
  ask.mockRejectedValueOnce(new ApiError('agent_unavailable', 503, 'It did not tell.'));
  const first = planned();
  first?.task();
  await vi.waitFor(() => expect(tail.failure).toBe('It did not tell.'));
  await vi.waitFor(() => expect(planned()).not.toBe(first));
  ask.mockRejectedValueOnce(new ApiError('forbidden', 403, 'Not you.'));
  planned()?.task();
  await vi.waitFor(() => expect(tail.failure).toBe('Not you.'));
  expect(planned()).toBeUndefined();
});

test('no more lines are kept than fit, and the newest are', () => {
  const many = Array.from({ length: MAX_LINES }, (_, n) => line(n + 1));
  const kept = appendLines(many, [line(MAX_LINES + 1)]);
  expect([kept.length, kept[0]?.seq, kept.at(-1)?.seq]).toEqual([MAX_LINES, 2, MAX_LINES + 1]);
  expect(appendLines(many, [])).toBe(many);
});
