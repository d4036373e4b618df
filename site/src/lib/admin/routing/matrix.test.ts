import { expect, test } from 'vitest';
import type { PolicyRule } from '../../../../../contract/policy.ts';
import { diffPolicies } from '../../../../../contract/policy.ts';
import { groupAlike } from './alike.ts';
import { matrixOf } from './matrix.ts';

const GLM = '@cf/zai-org/glm-4.7-flash';
const KIMI = '@cf/moonshotai/kimi-k2.6';
const RULE: PolicyRule = {
  model: GLM,
  fallback: null,
  firstByteTimeoutMs: 5_000,
  maxOutputTokens: 1_000,
};

test('every platform, tier and workload has its route, and says whether it is new', () => {
  const base = { version: 1, rules: [RULE] };
  const chat = { ...RULE, platform: 'a.example', workload: 'chat' as const, model: KIMI };
  const rows = matrixOf({ version: 0, rules: [RULE, chat] }, base, ['a.example', 'b.example']);
  expect(rows).toHaveLength(6);
  const models = rows.map(({ platform, tier, cells }) => [
    `${platform} ${tier}`,
    cells.map(({ route, isChanged }) => [route?.model === KIMI, route?.rule, isChanged]),
  ]);
  const same = [false, 0, false];
  expect(models[0]).toEqual(['a.example free', [[true, 1, true], same, same]]);
  expect(models[5]).toEqual(['b.example enterprise', [same, same, same]]);
});

test('what no rule covers has no route', () => {
  const policy = { version: 0, rules: [{ ...RULE, tier: 'free' as const }] };
  const [free, premium] = matrixOf(policy, policy, ['a.example']);
  expect(free?.cells.every(({ route }) => route !== null)).toBe(true);
  expect(premium?.cells.map(({ route, isChanged }) => [route, isChanged])).toEqual(
    Array.from({ length: 3 }, () => [null, false]),
  );
});

test('combinations whose routes change alike are said as one', () => {
  const chat = { ...RULE, tier: 'free' as const, workload: 'chat' as const, model: KIMI };
  const rules = [{ ...RULE, maxOutputTokens: 2_000 }, chat];
  const { combinations } = diffPolicies({ version: 1, rules: [RULE] }, { version: 2, rules });
  const lots = groupAlike(combinations).map(({ tier, workloads, after }) => [
    tier,
    workloads,
    after?.model,
  ]);
  expect(lots).toEqual([
    ['free', 'chat', KIMI],
    ['free', 'summarize, monitor', GLM],
    ['premium', 'any', GLM],
    ['enterprise', 'any', GLM],
  ]);
});
