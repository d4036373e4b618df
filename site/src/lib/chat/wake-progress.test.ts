import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../../contract/agent.ts';
import type { AgentNews } from './chat-state.ts';
import {
  elapsedMs,
  isLate,
  lineShare,
  nextTryMs,
  seconds,
  sinceMs,
  stageViews,
} from './wake-progress.ts';

const booting: AgentStatus = {
  state: 'booting',
  since: 105_000,
  generation: 2,
  wakeStartedAt: 100_000,
  expectedWakeMs: 20_000,
  timings: [
    { stage: 'starting', ms: 2_000 },
    { stage: 'restoring', ms: 3_000 },
  ],
  failure: null,
};
const live = (heardAt: number): AgentNews => ({ status: booting, heardAt, live: true });
const greeted = (heardAt: number): AgentNews => ({ ...live(heardAt), live: false });

test('time passed is counted from the frame, however wrong this clock is', () => {
  const aDayAhead = 105_000 + 86_400_000;
  expect(elapsedMs(live(aDayAhead), aDayAhead + 2_000)).toBe(7_000);
  expect(elapsedMs(live(0), 2_000)).toBe(7_000);
});

test('a greeting in mid-stage believes a plausible clock and no other', () => {
  expect(sinceMs(greeted(109_000), 110_000)).toBe(5_000);
  expect(sinceMs(greeted(90_000), 91_000)).toBe(1_000);
  expect(sinceMs(greeted(86_400_000), 86_401_000)).toBe(1_000);
});

test('no wake under way has no time', () => {
  const news = { ...live(0), status: { ...booting, wakeStartedAt: null } };
  expect(elapsedMs(news, 99_999)).toBe(0);
});

test('the line grows evenly to the expected time, then ever slower, and never ends', () => {
  expect(lineShare(0, 20_000)).toBe(0);
  expect(lineShare(10_000, 20_000)).toBeCloseTo(0.425);
  expect(lineShare(20_000, 20_000)).toBeCloseTo(0.85);
  const shares = [20, 30, 40, 60, 100, 1_000].map((s) => lineShare(s * 1_000, 20_000));
  for (const [index, share] of shares.entries()) {
    expect(share).toBeLessThan(1);
    expect(share).toBeGreaterThanOrEqual(shares[index - 1] ?? 0);
  }
});

test('a wake is late only well past the expected time', () => {
  expect(isLate(24_000, 20_000)).toBe(false);
  expect(isLate(26_000, 20_000)).toBe(true);
});

test('stages behind show their times, the one now and those ahead show none', () => {
  expect(stageViews(booting)).toEqual([
    { stage: 'starting', place: 'behind', ms: 2_000 },
    { stage: 'restoring', place: 'behind', ms: 3_000 },
    { stage: 'booting', place: 'now', ms: null },
    { stage: 'ready', place: 'ahead', ms: null },
  ]);
});

test('a stage that was never gone through is not shown as done', () => {
  const fresh = { ...booting, timings: [{ stage: 'starting' as const, ms: 2_000 }] };
  expect(stageViews(fresh).map(({ stage }) => stage)).toEqual(['starting', 'booting', 'ready']);
});

test('the next try counts down without the server’s clock', () => {
  const failed: AgentStatus = {
    ...booting,
    state: 'failed',
    wakeStartedAt: null,
    failure: { code: 'restore_failed', message: 'No.', nextTryAt: 165_000 },
  };
  const news: AgentNews = { status: failed, heardAt: 5, live: true };
  expect(nextTryMs(news, 10_005)).toBe(50_000);
  expect(nextTryMs(news, 500_000)).toBe(0);
  expect(nextTryMs(live(5), 10)).toBeNull();
});

test('seconds read the way people say them', () => {
  expect(['0', 8_400, 60_000, 65_000].map((ms) => seconds(Number(ms)))).toEqual([
    '0 s',
    '8 s',
    '1 min',
    '1 min 5 s',
  ]);
});
