import { describe, expect, it } from 'vitest';
import { resultOf } from './wake-results.ts';
import { INITIAL_WAKE, transition, type WakeEvent, type WakeState } from './wake.ts';

const DEMAND: WakeEvent = {
  type: 'demand',
  insist: true,
  restore: null,
  tokens: { supervisor: 's', gateway: 'g' },
};
const stage = (name: 'booting' | 'ready', generation = 1): WakeEvent => ({
  type: 'stage',
  generation,
  stage: name,
});
const lost = (generation = 1, lasting = false): WakeEvent => ({
  type: 'lost',
  generation,
  code: 'x',
  message: 'x',
  lasting,
});

/** The results of steps, each 100 ms after the one before. */
function resultsOf(events: readonly WakeEvent[]) {
  let wake: WakeState = INITIAL_WAKE;
  return events.flatMap((event, index) => {
    const before = wake;
    wake = transition(before, event, (index + 1) * 100);
    return resultOf(before, wake) ?? [];
  });
}

describe('the result of a generation', () => {
  it('that gets ready is how long the whole wake took', () => {
    expect(resultsOf([DEMAND, stage('booting'), stage('ready')])).toEqual([
      { generation: 1, outcome: 'ready', at: 300, ms: 200 },
    ]);
  });

  it('that never got ready is a failed wake, each try its own', () => {
    expect(resultsOf([DEMAND, stage('booting'), lost(), DEMAND, lost(2)])).toEqual([
      { generation: 1, outcome: 'failed', at: 300, ms: 200 },
      { generation: 2, outcome: 'failed', at: 500, ms: 100 },
    ]);
  });

  it('that was ready and got lost is told apart, with how long it was', () => {
    expect(resultsOf([DEMAND, stage('ready'), lost()])).toEqual([
      { generation: 1, outcome: 'ready', at: 200, ms: 100 },
      { generation: 1, outcome: 'lost', at: 300, ms: 100 },
    ]);
  });

  it('that falls asleep as wanted, or is discarded, is none', () => {
    const sleep: WakeEvent[] = [
      { type: 'drain', force: false },
      { type: 'slept', generation: 1 },
    ];
    expect(resultsOf([DEMAND, stage('ready'), ...sleep])).toHaveLength(1);
    expect(resultsOf([DEMAND, { type: 'discard' }])).toEqual([]);
  });
});
