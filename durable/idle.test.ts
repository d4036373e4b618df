import { describe, expect, it } from 'vitest';
import { decideIdle, type IdleFacts } from './idle.ts';

const NOW = 1_000_000;
const idle: IdleFacts = {
  state: 'ready',
  openTurns: 0,
  lastActiveAt: NOW - 5_000,
  idleMs: 5_000,
  neededAt: null,
  leadMs: 20_000,
  now: NOW,
};

describe('deciding whether an idle agent sleeps', () => {
  it('sleeps once its idle time has passed', () => {
    expect(decideIdle(idle)).toEqual({ sleep: true });
  });

  it('looks again at the end of its idle time while that has not passed', () => {
    expect(decideIdle({ ...idle, lastActiveAt: NOW - 1_000 })).toEqual({ lookAt: NOW + 4_000 });
  });

  it('stays awake while a turn is open, however long ago it began', () => {
    expect(decideIdle({ ...idle, openTurns: 1, lastActiveAt: 0 })).toEqual({ lookAt: NOW + 5_000 });
  });

  it('stays awake for what is due before it could sleep and wake again', () => {
    const neededAt = NOW + 30_000;
    expect(decideIdle({ ...idle, neededAt })).toEqual({ lookAt: neededAt + 5_000 });
  });

  it('sleeps when what is due leaves it time to sleep and wake again', () => {
    expect(decideIdle({ ...idle, neededAt: NOW + 60_000 })).toEqual({ sleep: true });
  });

  it('does nothing unless it is ready: a wake or a drain goes its own way', () => {
    for (const state of ['asleep', 'starting', 'booting', 'draining', 'failed'] as const) {
      expect(decideIdle({ ...idle, state })).toBeNull();
    }
  });
});
