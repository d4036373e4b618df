import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { inspected } from '../testing/inspected.ts';
import StageCard from './StageCard.svelte';

afterEach(cleanup);

const NOW = Date.UTC(2026, 10, 22, 12);
type Given = Parameters<typeof inspected>[0];

/** What is said of an agent's state, as one line. */
function said(given: Given): string {
  render(StageCard, { inspection: inspected(given), now: NOW });
  return screen.getByRole('region', { name: 'Its state' }).textContent.replaceAll(/\s+/g, ' ');
}

test('one that never woke says so, and that a look does not wake it', () => {
  const words = said({ agent: { state: 'asleep', generation: 0, since: 0 } });
  expect(words).toContain('Never woken');
  expect(words).toContain('This page does not wake it');
});

test('one that is asleep shows its last state with its age', () => {
  const words = said({ agent: { state: 'asleep', since: NOW - 3 * 3_600_000 } });
  expect(words).toContain('Asleep for 3 h');
  expect(words).toContain('as it was left 3 hours ago');
  expect(words).toContain('Looking does not wake it');
});

test('one that wakes shows its stages, how long each took, and what the wake may take', () => {
  const words = said({
    agent: {
      state: 'booting',
      since: NOW - 4_000,
      wakeStartedAt: NOW - 5_000,
      expectedWakeMs: 12_000,
      timings: [{ stage: 'starting', ms: 1_000 }],
    },
  });
  expect(words).toContain('5 s of about 12 s');
  expect(words).toContain('Starting its container (done) 1.0 s');
  expect(words).toContain('Booting OpenClaw (now) 4 s');
  expect(words).toContain('Ready (to come)');
  expect(words).not.toContain('Bringing back');
});

test('one that is ready says what its wake took and when it may sleep', () => {
  const words = said({
    agent: { state: 'ready', since: NOW - 65_000, timings: [{ stage: 'booting', ms: 9_500 }] },
    due: [{ kind: 'idle', key: '', at: NOW + 600_000, attempts: 0 }],
    lastIdleAt: NOW - 60_000,
  });
  expect(words).toContain('Ready for 1 min 5 s');
  expect(words).toContain('Last used 1 minute ago');
  expect(words).toContain('falls asleep in 10 minutes');
  expect(words).toContain('Its last wake took 9.5 s');
});

const failure = { code: 'boot_timeout', message: 'It did not answer.' };

test('one that failed says why, and when it tries again or that it waits', () => {
  const again = { ...failure, nextTryAt: NOW + 71_000 };
  const words = said({ agent: { state: 'failed', failure: again } });
  expect(words).toContain('It did not answer. boot_timeout');
  expect(words).toContain('It tries again in 1 min 11 s');
  cleanup();
  const given = { agent: { state: 'failed', failure: { ...failure, nextTryAt: null } } } as const;
  expect(said(given)).toContain('It does not try again by itself. Wake tries again.');
});

test('one whose state can’t be saved says that, and what to do', () => {
  const given = { agent: { state: 'draining', failure: { ...failure, nextTryAt: null } } } as const;
  expect(said(given)).toContain('force the sleep to give up what is unsaved');
});
