import { describe, expect, it } from 'vitest';
import { AGENT_STATES, type AgentState } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import { decideRestore, isSnapshotsFault, withRemedy } from './restore.ts';

function verdict(state: AgentState, openTurns: number, force: boolean): string {
  try {
    return decideRestore({ state, openTurns, force });
  } catch (error) {
    if (error instanceof AppError && error.hint) return error.code;
    throw error;
  }
}

describe('going back to a snapshot', () => {
  // Without and with force; then the same two with an open turn.
  const TABLE: Record<AgentState, [string, string, string, string]> = {
    asleep: ['now', 'now', 'conflict', 'now'],
    failed: ['now', 'now', 'conflict', 'now'],
    ready: ['drained', 'drained', 'conflict', 'drained'],
    starting: ['conflict', 'drained', 'conflict', 'drained'],
    restoring: ['conflict', 'drained', 'conflict', 'drained'],
    booting: ['conflict', 'drained', 'conflict', 'drained'],
    draining: ['conflict', 'conflict', 'conflict', 'conflict'],
  };

  it.each(AGENT_STATES)('when %s', (state) => {
    expect([
      verdict(state, 0, false),
      verdict(state, 0, true),
      verdict(state, 1, false),
      verdict(state, 1, true),
    ]).toEqual(TABLE[state]);
  });
});

describe('a wake that failed because of its snapshot', () => {
  it('says which one it was and what to do', () => {
    const failure = { code: 'restore_corrupt', message: 'It cannot be unpacked.', lasting: true };
    expect(withRemedy(failure, { id: 'S1' })).toEqual({
      ...failure,
      message:
        'Snapshot S1: It cannot be unpacked. Nothing was overwritten: restore an older snapshot.',
    });
  });

  it('is told from others, which keep their words', () => {
    expect(isSnapshotsFault('restore_missing')).toBe(true);
    expect(isSnapshotsFault('restore_unavailable')).toBe(false);
    const failure = { code: 'restore_unavailable', message: 'No answer.' };
    expect(withRemedy(failure, { id: 'S1' })).toBe(failure);
  });
});
