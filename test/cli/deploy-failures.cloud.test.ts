import { describe, expect, test } from 'vitest';
import { INSPECTION, TENANT } from '../../cli/testing/answers.ts';
import { deployProject } from './deploy-project.ts';
import {
  deploy,
  live,
  migrated,
  PUSHED,
  seedOf,
  stage,
  type Play,
  type Stage,
} from './deploy-stage.ts';

describe('a failure leaves the old version serving, and says what was done', () => {
  const versions = /\/versions$/;
  const deployments = /\/deployments$/;

  test.each<[string, string, number, (staged: Stage, play: Play) => void | Promise<void>]>([
    [
      'validate',
      'checks failed: cloud.zone',
      1,
      ({ account }) => {
        for (const zone of account.state.zones.values()) zone.status = 'moved';
      },
    ],
    ['build', 'x is not exported by y', 3, (_, play) => void (play.buildFails = true)],
    [
      'image',
      'denied: quota exceeded',
      3,
      ({ docker }) => docker.failNext('push', { message: 'denied: quota exceeded' }),
    ],
    [
      'migrate',
      'no such table',
      3,
      async (_, play) => {
        play.project = await deployProject();
        await play.project.migration('0099_bad.sql', 'ALTER TABLE none ADD a text;');
      },
    ],
    [
      'migrate',
      'could not run on 0099_drop.sql: it does not only add: DROP TABLE',
      1,
      async (_, play) => {
        play.project = await deployProject();
        await play.project.migration('0099_drop.sql', 'DROP TABLE notices;');
      },
    ],
    [
      'upload',
      'Script too large',
      3,
      ({ account }) =>
        account.failNext({
          method: 'POST',
          path: versions,
          status: 400,
          code: 10027,
          message: 'Script too large',
        }),
    ],
    [
      'stage',
      'Deployments are down',
      3,
      ({ account }) =>
        account.failNext({
          method: 'POST',
          path: deployments,
          status: 500,
          code: 10013,
          message: 'Deployments are down',
        }),
    ],
    ['check', 'answered 500', 3, ({ edge }) => edge.fail({ url: 'https://api.', version: 2 })],
    [
      'check',
      'without a sign-in page of Access',
      3,
      ({ account }, play) => {
        // After the account was found in order: somebody deletes the application meanwhile.
        play.before = (_, args) => {
          if (args.includes('upload')) account.state.accessApps.splice(0);
        };
      },
    ],
    [
      'release',
      'Deployments are down',
      3,
      ({ account }) =>
        account.failNext({
          method: 'POST',
          path: deployments,
          status: 500,
          code: 10013,
          message: 'Deployments are down',
          after: 1,
        }),
    ],
    [
      'triggers',
      'Routes are down',
      3,
      ({ account }) =>
        account.failNext({
          path: /\/workers\/routes/,
          status: 500,
          code: 10013,
          message: 'Routes are down',
          times: 9,
        }),
    ],
    [
      'smoke',
      'Its agent did not wake',
      3,
      ({ edge }) => {
        const failure = { code: 'boot_failed', message: 'Out of memory.', nextTryAt: null };
        const agent = { ...INSPECTION.agent, state: 'failed', failure };
        edge.fail({
          url: `/admin/api/agents/${TENANT.id}`,
          version: 2,
          status: 200,
          // What waking answers, and what looking does.
          body: { ...INSPECTION, ...agent, agent },
        });
      },
    ],
  ])('%s: %s', async (step, message, code, breakIt) => {
    const staged = await stage();
    // Only the steps that are tried here build an image and migrate: each run of wrangler costs.
    const play: Play = step === 'image' ? {} : { argv: ['--image', PUSHED] };
    await migrated(staged);
    await breakIt(staged, play);
    const old = seedOf(staged);
    const ran = await deploy(staged, play);
    expect(ran.error().message).toContain(`Stopped at "${step}"`);
    expect(ran.error().message + String(ran.error().details)).toContain(message);
    expect(ran.code).toBe(code);
    expect(live(staged.account)?.filter(({ percentage }) => percentage > 0)).toEqual([
      { version_id: old, percentage: 100 },
    ]);
    const { rollback, steps } = ran.report();
    const undone = ['stage', 'check', 'release', 'triggers', 'smoke'].includes(step);
    expect(rollback).toBe(undone ? 'done' : 'not_needed');
    expect(ran.error().message).toContain(undone ? `${old} is back at 100 %` : 'serves on');
    expect(steps.find(({ status }) => status === 'failed')?.name).toBe(step);
  });
});
