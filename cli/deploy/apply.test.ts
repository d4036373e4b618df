import { describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { AnsweredError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Progress } from '../progress.ts';
import { applyPlan, type StepRunners } from './apply.ts';
import { planDeploy, STEP_NAMES, type StepName } from './plan.ts';

const progress: Progress = { step: (_, work) => work(), note: () => undefined };

/** Applies a gradual plan (a whole one when `first`) in which one step fails. */
async function apply(options: {
  fails?: StepName;
  error?: Error;
  first?: boolean;
  others?: boolean;
  rollBack?: () => Promise<void>;
  /** During which step a signal comes. */
  signalIn?: StepName;
}) {
  const signals = new AbortController();
  let isHeld = false;
  const io = {
    now: () => 0,
    holdSignals() {
      isHeld = true;
      return { signal: signals.signal, release: () => void (isHeld = false) };
    },
  } as unknown as Io;
  const done: string[] = [];
  const plan = planDeploy({
    environment: 'production',
    workerName: 'w',
    platform: 'p',
    migrationTag: 'v1',
    imageTag: 'w:1',
    image: null,
    configFile: 'f',
    serving: options.first
      ? { versionId: null, migrationTag: null }
      : { versionId: 'old', migrationTag: 'v1' },
    tierModels: [],
    wakes: true,
  });
  const runners = Object.fromEntries(
    STEP_NAMES.map((name) => [
      name,
      () => {
        done.push(name);
        if (name === options.signalIn) signals.abort();
        return name === options.fails
          ? Promise.reject(options.error ?? new AppError('upstream_failed', 'It broke.'))
          : Promise.resolve(`${name} done`);
      },
    ]),
  ) as StepRunners;
  const result = await applyPlan(io, progress, {
    plan,
    runners,
    version: () => 'new',
    isOurs: () => Promise.resolve(options.others !== true),
    rollBack:
      options.rollBack ??
      (() => {
        done.push('back');
        return Promise.resolve();
      }),
  });
  expect(isHeld).toBe(false);
  return { ...result, done };
}

test('does every step of the plan once, in order', async () => {
  const { report, failure, done } = await apply({});
  expect(failure).toBeNull();
  expect(report).toMatchObject({
    ok: true,
    version: 'new',
    previousVersion: 'old',
    rollback: 'not_needed',
  });
  expect(done).toEqual(report.steps.map(({ name }) => name));
  expect(report.steps.every(({ status }) => status === 'done')).toBe(true);
});

describe('a failure before anything is released leaves the version before alone', () => {
  test.each<StepName>(['validate', 'build', 'image', 'migrate', 'upload'])('%s', async (fails) => {
    const { report, failure, done } = await apply({ fails });
    expect(done.at(-1)).toBe(fails);
    expect(report).toMatchObject({ ok: false, rollback: 'not_needed' });
    expect(failure?.message).toContain(`Stopped at "${fails}": It broke.`);
    expect(failure?.message).toMatch(/serves on\.$/);
  });
});

describe('a failure from the first release on puts it back', () => {
  test.each<StepName>(['stage', 'check', 'release', 'triggers', 'smoke'])('%s', async (fails) => {
    const { report, failure, done } = await apply({ fails });
    expect(done.at(-1)).toBe('back');
    expect(report.rollback).toBe('done');
    expect(failure?.message).toContain('Version old is back at 100 %.');
    // What a way back does not touch is said where it may have changed.
    expect(failure?.message.includes('Routes and cron stay')).toBe(
      ['triggers', 'smoke'].includes(fails),
    );
    const rest = report.steps.slice(report.steps.findIndex(({ name }) => name === fails) + 1);
    expect(rest.every(({ status }) => status === 'not_reached')).toBe(true);
  });
});

test('says how to go back when it could not', async () => {
  const { report, failure } = await apply({
    fails: 'smoke',
    rollBack: () => Promise.reject(new Error('down')),
  });
  expect(report.rollback).toBe('failed');
  expect(failure?.message).toContain('npx wrangler rollback old --name w');
});

describe('a signal ends a release in order', () => {
  test.each<[StepName, StepName | undefined, 'done' | 'not_needed']>([
    ['build', undefined, 'not_needed'],
    ['stage', undefined, 'done'],
    ['release', undefined, 'done'],
    // A program of the step was sent it too.
    ['release', 'release', 'done'],
  ])('during %s, which fails: %s', async (signalIn, fails, rollback) => {
    const { report, failure, done } = await apply({ signalIn, ...(fails ? { fails } : {}) });
    expect(failure).toMatchObject({ code: 'interrupted' });
    expect(report.rollback).toBe(rollback);
    expect(done.filter((name) => name !== 'back').at(-1)).toBe(signalIn);
    expect(failure?.message).not.toContain('Routes and cron');
  });

  test('that comes in the last step leaves what is done', async () => {
    const { report, failure } = await apply({ signalIn: 'smoke' });
    expect(failure).toBeNull();
    expect(report).toMatchObject({ ok: true, rollback: 'not_needed' });
  });
});

test('never goes back over a release of somebody else', async () => {
  const { report, failure, done } = await apply({ fails: 'release', others: true });
  expect(report.rollback).toBe('not_needed');
  expect(failure?.message).toContain('is another release’s');
  expect(failure?.message).not.toContain('put back');
  expect(done).not.toContain('back');
});

test('a first deploy has nothing to go back to, and says what may serve', async () => {
  const { report, failure, done } = await apply({ fails: 'smoke', first: true });
  expect(done).not.toContain('back');
  expect(report).toMatchObject({ mode: 'whole', rollback: 'not_needed', previousVersion: null });
  expect(failure?.message).toContain('Stopped at "smoke"');
  expect(failure?.message).toContain('The new version serves');
  expect(failure?.message).not.toContain('put back');
});

test('does not say that nothing changed once the migrations are applied', async () => {
  const { failure } = await apply({ fails: 'upload' });
  expect(failure?.message).toContain('migrations of this release are applied');
});

test.each([
  [new AppError('cloud_refused', 'No.'), 'cloud_refused'],
  [new AnsweredError(403, { code: 'forbidden', message: 'Not you.' }), 'forbidden'],
  [new AnsweredError(500, { code: 'brand_new', message: 'Odd.' }), 'upstream_failed'],
  [new TypeError('bug'), 'internal'],
])('the failure keeps the code of its cause: %s', async (error, code) => {
  const { failure } = await apply({ fails: 'check', error });
  expect(failure?.code).toBe(code);
});
