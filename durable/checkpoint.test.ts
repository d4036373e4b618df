import { describe, expect, it } from 'vitest';
import {
  CHECKPOINT_BACKOFF_MS,
  CHECKPOINT_LOOK_MS,
  CHECKPOINT_MAX_DELAY_MS,
  CHECKPOINT_QUIET_MS,
  decideCheckpoint,
  MAX_CHECKPOINT_BACKOFF_MS,
  type CheckpointFacts,
} from './checkpoint.ts';

const NOW = 1_750_000_000_000;
const quiet: CheckpointFacts = {
  state: 'ready',
  openTurns: 0,
  isSaving: false,
  lastActiveAt: NOW - CHECKPOINT_QUIET_MS,
  dirtySince: NOW - CHECKPOINT_QUIET_MS,
  failures: { count: 0, lastAt: 0 },
  now: NOW,
};
const decide = (changed: Partial<CheckpointFacts>) => decideCheckpoint({ ...quiet, ...changed });

describe('a checkpoint', () => {
  it('is made of a ready agent that changed and was then left alone', () => {
    expect(decide({})).toEqual({ take: true });
  });

  it('is not made of an agent that is clean, or not ready', () => {
    expect(decide({ dirtySince: null })).toBeNull();
    for (const state of ['asleep', 'starting', 'booting', 'draining', 'failed'] as const) {
      expect(decide({ state })).toBeNull();
    }
  });

  it('waits for a pause in the talk, but not for ever', () => {
    const lastActiveAt = NOW - 1_000;
    expect(decide({ lastActiveAt })).toEqual({ lookAt: lastActiveAt + CHECKPOINT_QUIET_MS });
    const dirtySince = NOW - CHECKPOINT_MAX_DELAY_MS + 5_000;
    expect(decide({ lastActiveAt, dirtySince })).toEqual({ lookAt: NOW + 5_000 });
    expect(decide({ lastActiveAt, dirtySince: NOW - CHECKPOINT_MAX_DELAY_MS })).toEqual({
      take: true,
    });
  });

  it('waits for the end of a turn and of another snapshot', () => {
    expect(decide({ openTurns: 1 })).toEqual({ lookAt: NOW + CHECKPOINT_LOOK_MS });
    expect(decide({ isSaving: true })).toEqual({ lookAt: NOW + CHECKPOINT_LOOK_MS });
  });

  it('that fails again and again is tried ever later, up to a bound', () => {
    const failed = (count: number) => decide({ failures: { count, lastAt: NOW } });
    expect(failed(1)).toEqual({ lookAt: NOW + CHECKPOINT_BACKOFF_MS });
    expect(failed(2)).toEqual({ lookAt: NOW + 2 * CHECKPOINT_BACKOFF_MS });
    expect(failed(20)).toEqual({ lookAt: NOW + MAX_CHECKPOINT_BACKOFF_MS });
    expect(decide({ failures: { count: 1, lastAt: NOW - CHECKPOINT_BACKOFF_MS } })).toEqual({
      take: true,
    });
  });
});
