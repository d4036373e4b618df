import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../contract/errors.ts';
import type { SettleInput } from '../durable/index.ts';
import { LateSettles } from './late-settles.ts';

const endOf = (attemptId: string): SettleInput => ({
  attemptId,
  outcome: 'ok',
  status: 200,
  usage: { tokensIn: 1, tokensOut: 1, tokensCached: 0 },
  logId: null,
  firstByteMs: 1,
  latencyMs: 2,
  callFailed: false,
});
const idsOf = (ends: readonly SettleInput[]): string[] => ends.map(({ attemptId }) => attemptId);

/** Queues with a record of what each request sent by itself. */
function queues() {
  const late = new LateSettles(Date.now);
  const sent: string[][] = [];
  const add = (agent: string, id: string): Promise<void> =>
    late.add(agent, endOf(id), async (ends) => void sent.push(idsOf(ends)));
  const admit = (agent: string): Promise<string[]> =>
    late.along(agent, (ends) => Promise.resolve(idsOf(ends)));
  return { late, sent, add, admit };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the end of a program’s attempt', () => {
  it('goes along with the next call of its agent, and with no other’s', async () => {
    const { sent, add, admit } = queues();
    const added = add('a', 'one.1');
    expect(await admit('b')).toEqual([]);
    expect(await admit('a')).toEqual(['one.1']);
    await vi.runAllTimersAsync();
    await added;
    expect(sent).toEqual([]);
    expect(await admit('a')).toEqual([]);
  });

  it('is sent by itself when no call comes, with those that came meanwhile', async () => {
    const { sent, add, admit } = queues();
    const added = [add('a', 'one.1'), add('a', 'two.1'), add('b', 'three.1')];
    await vi.runAllTimersAsync();
    await Promise.all(added);
    expect(sent).toEqual([['one.1', 'two.1'], ['three.1']]);
    expect(await admit('a')).toEqual([]);
  });

  it('stays when the agent was not reached, and is gone when it refused the call', async () => {
    const { late, add, admit } = queues();
    void add('a', 'one.1');
    const failing = (error: Error) => late.along('a', () => Promise.reject(error));
    await expect(failing(new Error('reset'))).rejects.toThrow('reset');
    await expect(failing(new AppError('unauthenticated', 'no'))).rejects.toThrow('no');
    expect(await admit('a')).toEqual([]);
  });

  it('is sent by the next request when the one that promised to was ended with its timer', async () => {
    const { sent, add } = queues();
    void add('a', 'one.1');
    vi.clearAllTimers();
    vi.setSystemTime(Date.now() + 2_000);
    void add('a', 'two.1');
    await vi.runAllTimersAsync();
    expect(sent).toEqual([['one.1', 'two.1']]);
  });
});
