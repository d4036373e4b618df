import { describe, expect, it } from 'vitest';
import { AGENT_STATES, type AgentState } from '../contract/agent.ts';
import {
  expectedWakeMs,
  FIRST_WAKE_ESTIMATE_MS,
  INITIAL_WAKE,
  hasGivenUp,
  MAX_START_ATTEMPTS,
  MAX_START_BACKOFF_MS,
  START_BACKOFF_MS,
  statusOf,
  transition,
  type WakeEvent,
  type WakeState,
} from './wake.ts';

const NOW = 1_000_000;
const RESTORE = { id: 'snapshot', size: 1, sha256: 'a'.repeat(64) };
const TOKENS = { supervisor: 'supervisor-token', gateway: 'gateway-token' };

const inState = (state: AgentState, changed: Partial<WakeState> = {}): WakeState => ({
  ...INITIAL_WAKE,
  state,
  since: NOW - 500,
  generation: 7,
  tokens: TOKENS,
  failure:
    state === 'failed' ? { code: 'sandbox_lost', message: 'It stopped.', nextTryAt: null } : null,
  ...changed,
});
const demand = (insist: boolean): WakeEvent => ({
  type: 'demand',
  insist,
  restore: RESTORE,
  tokens: { supervisor: 's2', gateway: 'g2' },
});
const stage = (to: 'restoring' | 'booting' | 'ready', generation = 7): WakeEvent => ({
  type: 'stage',
  generation,
  stage: to,
});
const lost = (lasting: boolean, generation = 7): WakeEvent => ({
  type: 'lost',
  generation,
  code: 'sandbox_lost',
  message: 'It stopped.',
  lasting,
});
const drain = (force: boolean): WakeEvent => ({ type: 'drain', force });
const unsaved = (generation = 7, answered = true): WakeEvent => ({
  type: 'unsaved',
  generation,
  code: 'snapshot_refused',
  message: 'It could not be saved yet.',
  answered,
});
const slept = (generation = 7): WakeEvent => ({ type: 'slept', generation });

/** One row for each event: the state after it, in the order of AGENT_STATES; `-` is no change. */
const TABLE: [name: string, event: WakeEvent, after: string][] = [
  //                       asleep   starting  restoring booting  ready    draining failed
  ['demand', demand(false), 'starting -        -         -        -        -        -'],
  ['insist', demand(true), 'starting -        -         -        -        -        starting'],
  ['restoring', stage('restoring'), '-  restoring -         -        -        -        -'],
  ['booting', stage('booting'), '-     booting   booting   -        -        -        -'],
  ['ready', stage('ready'), '-         ready     ready     ready    -        -        -'],
  ['lost', lost(false), '-             failed    failed    failed   failed   -        -'],
  ['lost for good', lost(true), '-     failed    failed    failed   failed   failed   -'],
  ['drain', drain(false), '-           -         -         -        draining -        -'],
  ['force', drain(true), '-            draining  draining  draining draining draining -'],
  ['unsaved', unsaved(), '-            -         -         -        -        draining -'],
  ['slept', slept(), '-                -         -         -        -        asleep   -'],
];

describe('the wake machine', () => {
  for (const [name, event, row] of TABLE) {
    const after = row.split(/\s+/);
    for (const [column, state] of AGENT_STATES.entries()) {
      const expected = after[column] ?? '?';
      it(`${name} in ${state}: ${expected === '-' ? 'changes nothing' : expected}`, () => {
        const before = inState(state);
        const next = transition(before, event, NOW);
        if (expected === '-') expect(next).toBe(before);
        else {
          expect(next.state).toBe(expected);
          expect(next).not.toBe(before);
        }
      });
    }
  }

  it('ignores what comes late from another generation, in every state', () => {
    const news = [
      stage('ready', 6),
      lost(true, 6),
      unsaved(6),
      slept(6),
      stage('ready', 8),
      lost(false, 8),
    ];
    for (const state of AGENT_STATES) {
      const wake = inState(state);
      for (const event of news) expect(transition(wake, event, NOW)).toBe(wake);
    }
  });

  it('starts a new generation with its own tokens and the restore point it was given', () => {
    const asleep = inState('asleep', { tokens: null, timings: [{ stage: 'booting', ms: 5 }] });
    expect(transition(asleep, demand(false), NOW)).toEqual({
      ...INITIAL_WAKE,
      state: 'starting',
      since: NOW,
      generation: 8,
      wakeStartedAt: NOW,
      restore: RESTORE,
      tokens: { supervisor: 's2', gateway: 'g2' },
    });
  });

  it('times each stage that it leaves, and forgets earlier failures once it is ready', () => {
    let wake = transition(inState('asleep', { attempts: 3 }), demand(false), NOW);
    wake = { ...wake, attempts: 2 };
    wake = transition(wake, { ...stage('restoring'), generation: 8 } as WakeEvent, NOW + 10);
    wake = transition(wake, { ...stage('booting'), generation: 8 } as WakeEvent, NOW + 30);
    wake = transition(wake, { ...stage('ready'), generation: 8 } as WakeEvent, NOW + 100);
    expect(wake.timings).toEqual([
      { stage: 'starting', ms: 10 },
      { stage: 'restoring', ms: 20 },
      { stage: 'booting', ms: 70 },
    ]);
    expect(wake).toMatchObject({ state: 'ready', attempts: 0, wakeStartedAt: null });
  });

  it('never goes back to an earlier stage', () => {
    const booting = inState('booting');
    expect(transition(booting, stage('restoring'), NOW)).toBe(booting);
  });
});

describe('a drain after which to wake again', () => {
  const again = (event: { force: boolean; again?: boolean }): WakeEvent => ({
    type: 'drain',
    ...event,
  });
  const draining = transition(inState('ready'), again({ force: false, again: true }), NOW);

  it('says so until another generation starts, in sleep and in failure too', () => {
    expect(draining).toMatchObject({ state: 'draining', again: true });
    const asleep = transition(draining, slept(), NOW);
    expect(asleep).toMatchObject({ state: 'asleep', again: true });
    expect(transition(asleep, demand(true), NOW)).toMatchObject({
      state: 'starting',
      again: false,
    });
    const failed = transition(draining, lost(true), NOW);
    expect(failed).toMatchObject({ state: 'failed', again: true });
    expect(transition(failed, demand(true), NOW)).toMatchObject({ again: false });
  });

  it('may be asked of one that is under way, and taken back', () => {
    const plain = transition(inState('ready'), drain(false), NOW);
    expect(plain).toMatchObject({ again: false });
    const asked = transition(plain, again({ force: false, again: true }), NOW);
    expect(asked).toMatchObject({ again: true, since: plain.since });
    expect(transition(asked, again({ force: false, again: true }), NOW)).toBe(asked);
    expect(transition(asked, again({ force: false, again: false }), NOW).again).toBe(false);
  });

  it('is not taken back by a drain that has no word on it', () => {
    expect(transition(draining, drain(false), NOW)).toBe(draining);
    expect(transition(draining, drain(true), NOW)).toMatchObject({ force: true, again: true });
  });
});

describe('a start that fails', () => {
  const failAgain = (wake: WakeState): WakeState =>
    transition(wake, { ...lost(false), generation: wake.generation } as WakeEvent, NOW);

  it('is tried again after a pause that doubles up to its bound, and gives up on those who wait', () => {
    let wake = inState('starting', { attempts: 0 });
    const pauses: number[] = [];
    const gaveUp: boolean[] = [];
    for (let i = 0; i < 12; i += 1) {
      wake = failAgain(wake);
      const nextTryAt = wake.failure?.nextTryAt ?? Number.NaN;
      pauses.push(nextTryAt - NOW);
      gaveUp.push(hasGivenUp(wake));
      wake = transition(wake, demand(false), nextTryAt);
    }
    const doubled = (n: number): number =>
      Math.min(START_BACKOFF_MS * 2 ** n, MAX_START_BACKOFF_MS);
    expect(pauses).toEqual(pauses.map((_, n) => doubled(n)));
    expect(pauses.at(-1)).toBe(MAX_START_BACKOFF_MS);
    expect(gaveUp.indexOf(true)).toBe(MAX_START_ATTEMPTS - 1);
    expect(hasGivenUp(wake), 'one that is being tried has not').toBe(false);
  });

  it('waits for its next try unless an operator insists', () => {
    const wake = failAgain(inState('booting'));
    const nextTryAt = wake.failure?.nextTryAt ?? 0;
    expect(transition(wake, demand(false), nextTryAt - 1)).toBe(wake);
    expect(transition(wake, demand(false), nextTryAt).state).toBe('starting');
    expect(transition(wake, demand(true), NOW)).toMatchObject({ state: 'starting', attempts: 0 });
  });

  it('is never repeated by itself when the failure is lasting', () => {
    const wake = transition(inState('restoring'), lost(true), NOW);
    expect(wake.failure).toEqual({
      code: 'sandbox_lost',
      message: 'It stopped.',
      nextTryAt: null,
    });
    expect(transition(wake, demand(false), NOW + 365 * 86_400_000)).toBe(wake);
    expect(transition(wake, demand(true), NOW).state).toBe('starting');
  });

  it('takes the generation’s tokens away', () => {
    expect(failAgain(inState('ready')).tokens).toBeNull();
  });
});

describe('falling asleep', () => {
  it('is not cancelled by a demand, and may become forced but never unforced', () => {
    const draining = transition(inState('ready'), drain(false), NOW);
    expect(transition(draining, demand(true), NOW)).toBe(draining);
    const forced = transition(draining, drain(true), NOW);
    expect(forced.force).toBe(true);
    expect(transition(forced, drain(false), NOW)).toBe(forced);
    expect(transition(forced, drain(true), NOW)).toBe(forced);
  });

  it('that can’t save tries again after ever longer pauses, and tells those who wait', () => {
    let wake = transition(inState('ready', { attempts: 3 }), drain(false), NOW);
    const pauses: number[] = [];
    const told: boolean[] = [];
    for (let i = 0; i < MAX_START_ATTEMPTS; i += 1) {
      wake = transition(wake, unsaved(), NOW);
      pauses.push((wake.failure?.nextTryAt ?? Number.NaN) - NOW);
      told.push(hasGivenUp(wake));
    }
    expect(pauses).toEqual(pauses.map((_, n) => START_BACKOFF_MS * 2 ** n));
    expect(told).toEqual([false, false, false, true]);
    expect(wake.state, 'the sandbox stays until it is saved').toBe('draining');
  });

  it('counts the tries that nothing answered, in a row', () => {
    let wake = transition(inState('ready'), drain(false), NOW);
    for (const answered of [false, false, true, false]) {
      wake = transition(wake, unsaved(7, answered), NOW);
    }
    expect(wake).toMatchObject({ attempts: 4, unanswered: 1 });
  });

  it('ends with nothing of the generation left but its number', () => {
    const asleep = transition(inState('draining', { force: true, attempts: 2 }), slept(), NOW);
    expect(asleep).toMatchObject({
      state: 'asleep',
      generation: 7,
      tokens: null,
      force: false,
      attempts: 0,
      failure: null,
    });
  });
});

describe('discarding a sandbox', () => {
  it.each(AGENT_STATES)('in %s leaves an agent that is asleep, past its generation', (state) => {
    const wake = inState(state);
    const after = transition(wake, { type: 'discard' }, NOW);
    if (state === 'asleep') return expect(after).toBe(wake);
    expect(after).toMatchObject({ state: 'asleep', generation: 8, tokens: null, failure: null });
    expect(transition(after, stage('ready'), NOW)).toBe(after);
    expect(transition(after, { type: 'slept', generation: 7 }, NOW)).toBe(after);
  });
});

describe('what people are told', () => {
  it('names no next try once the agent has given up', () => {
    const failure = { code: 'sandbox_lost', message: 'It stopped.', nextTryAt: NOW + 1 };
    const failed = inState('failed', { failure, attempts: MAX_START_ATTEMPTS });
    expect(statusOf(failed, []).failure?.nextTryAt).toBeNull();
    expect(statusOf({ ...failed, attempts: 1 }, []).failure?.nextTryAt).toBe(NOW + 1);
  });

  it('expects a wake to take the median of the last ones', () => {
    expect(expectedWakeMs([])).toBe(FIRST_WAKE_ESTIMATE_MS);
    expect(expectedWakeMs([9_000])).toBe(9_000);
    expect(expectedWakeMs([30_000, 10_000, 12_000])).toBe(12_000);
    expect(expectedWakeMs([4, 1, 3, 2])).toBe(2);
  });

  it('never includes a token or where the agent restores from', () => {
    const text = JSON.stringify(statusOf(inState('ready', { restore: RESTORE }), []));
    expect(text).not.toContain('token');
    expect(text).not.toContain(RESTORE.sha256);
  });
});
