import { describe, expect, test } from 'vitest';
import { planDeploy, STEP_NAMES, type PlanFacts } from './plan.ts';

const FACTS: PlanFacts = {
  environment: 'production',
  workerName: 'streamkinetics-backend',
  platform: 'streamkinetics.com',
  migrationTag: 'v1',
  imageTag: 'streamkinetics-backend-agent:0123456789abcdef',
  image: null,
  configFile: 'dist/deploy/wrangler.production.json',
  serving: { versionId: 'old', migrationTag: 'v1' },
  tierModels: [],
  wakes: true,
};
const names = (facts: Partial<PlanFacts>) =>
  planDeploy({ ...FACTS, ...facts }).steps.map(({ name }) => name);

test('a version that follows another is checked at 0 % before it is given requests', () => {
  const plan = planDeploy(FACTS);
  expect(plan).toMatchObject({ mode: 'gradual', previousVersion: 'old' });
  expect(plan.steps.map(({ name }) => name)).toEqual([
    'validate',
    'build',
    'image',
    'migrate',
    'upload',
    'stage',
    'check',
    'release',
    'triggers',
    'smoke',
  ]);
  expect(plan.steps.find(({ name }) => name === 'stage')?.does).toEqual([
    'wrangler versions deploy <new version>@0% old@100% --yes --config dist/deploy/wrangler.production.json',
  ]);
});

describe('goes out whole, and says why', () => {
  test.each([
    ['first', { versionId: null, migrationTag: null }, 'The first deploy'],
    [
      'new migration',
      { versionId: 'old', migrationTag: 'v0' },
      'Durable Object migration v1 is new',
    ],
    ['a draft for secrets', { versionId: 'draft', migrationTag: null }, 'The first deploy'],
  ])('%s', (_, serving, reason) => {
    const plan = planDeploy({ ...FACTS, serving });
    expect(plan.mode).toBe('whole');
    expect(plan.reason).toContain(reason);
    expect(plan.steps.map(({ name }) => name)).toEqual([
      'validate',
      'build',
      'image',
      'migrate',
      'deploy',
      'smoke',
    ]);
  });
});

test('a first deploy gives each tier its model, a later one leaves the policy alone', () => {
  const tierModels = [['premium', '@cf/moonshotai/kimi-k2.6']] as const;
  const first = { tierModels, serving: { versionId: null, migrationTag: null } };
  expect(
    planDeploy({ ...FACTS, ...first }).steps.find(({ name }) => name === 'models')?.does,
  ).toEqual([
    'skclaw routing set --tier premium --model @cf/moonshotai/kimi-k2.6 --env production',
  ]);
  expect(names({ ...first, tierModels: [] })).not.toContain('models');
  // There is no version before that could serve on.
  expect(planDeploy({ ...FACTS, ...first }).steps[0]?.onFailure).toBe('Nothing was released.');
  expect(names({ tierModels })).not.toContain('models');
});

test('an image that was pushed before is taken, and none is built', () => {
  const image = `registry.cloudflare.com/${'a'.repeat(32)}/agent@sha256:${'b'.repeat(64)}`;
  const step = planDeploy({ ...FACTS, image }).steps.find(({ name }) => name === 'image');
  expect(step?.does).toEqual([`use ${image}`]);
});

test('offline it has every step, and each says when it is part of the release', () => {
  const tierModels = [['free', '@cf/zai-org/glm-4.7-flash']] as const;
  const plan = planDeploy({ ...FACTS, serving: null, tierModels });
  expect(plan.mode).toBeNull();
  expect(plan.steps.map(({ name }) => name)).toEqual(STEP_NAMES);
  expect(plan.steps.find(({ name }) => name === 'upload')?.when).toContain('a version serves');
});

test('every step says what it does and what is left when it fails', () => {
  for (const { does, onFailure, summary } of planDeploy(FACTS).steps) {
    expect(does.length).toBeGreaterThan(0);
    expect(onFailure).not.toBe('');
    expect(summary).not.toBe('');
  }
  expect(names({ wakes: false })).toEqual(names({}));
  const smoke = planDeploy({ ...FACTS, wakes: false }).steps.at(-1);
  expect(smoke?.does.join()).not.toContain('wake');
});
