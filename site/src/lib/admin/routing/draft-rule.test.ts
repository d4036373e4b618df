import { expect, test } from 'vitest';
import type { PolicyRule } from '../../../../../contract/policy.ts';
import { SEED_POLICY } from '../../../../../contract/seed-policy.ts';
import { checkDraft, draftOf, ruleOf, type DraftRule } from './draft-rule.ts';

const PLATFORMS = ['streamkinetics.com'];
const RULE: PolicyRule = {
  model: '@cf/openai/gpt-oss-120b',
  fallback: null,
  firstByteTimeoutMs: 1_500,
  maxOutputTokens: 2_000,
};
const drafts = (...changes: Partial<DraftRule>[]): DraftRule[] =>
  changes.map((change, n) => ({ ...draftOf(RULE, n + 1), ...change }));

test('a rule goes into the fields and comes out of them as it was', () => {
  const rules = [
    ...SEED_POLICY.rules,
    { ...RULE, platform: 'a.example', workload: 'chat' as const },
  ];
  expect(rules.map((rule, key) => ruleOf(draftOf(rule, key)))).toEqual(rules);
  expect(draftOf(RULE, 1)).toMatchObject({ tier: '', fallback: '', firstByteS: 1.5 });
});

test('what the server would refuse is said beside its rule, and keeps it from being saved', () => {
  const found = checkDraft(drafts({}, { platform: 'elsewhere.com' }), PLATFORMS);
  expect(found.ofRule.get(2)?.map(({ severity, message }) => [severity, message])).toEqual([
    ['error', 'the system has no platform elsewhere.com.'],
  ]);
  expect([found.errors, found.warnings, found.ofRule.get(1)]).toEqual([1, 0, undefined]);
});

test('a warning is said and keeps nothing from being saved', () => {
  const found = checkDraft(drafts({ fallback: RULE.model }), PLATFORMS);
  expect([found.errors, found.warnings, found.rules?.length]).toEqual([0, 1, 1]);
});

test('what concerns no single rule stands apart', () => {
  const found = checkDraft(drafts({ tier: 'free', workload: 'chat' }), PLATFORMS);
  expect(found.general).toHaveLength(8);
  expect(found.general[0]?.message).toContain('No rule for tier free');
  expect(checkDraft([], PLATFORMS).general.at(-1)?.message).toContain('at least one rule');
});

test.each<[Partial<DraftRule>, string]>([
  [{ firstByteS: null }, '1 to 120 s'],
  [{ firstByteS: 0.5 }, '1 to 120 s'],
  [{ firstByteS: 120.001 }, '1 to 120 s'],
  [{ maxOutputTokens: null }, '16 to 65,536'],
  [{ maxOutputTokens: 99.5 }, '16 to 65,536'],
  [{ model: '' }, 'choose a model'],
])('%o is no rule, and said once', (change, words) => {
  const found = checkDraft(drafts(change), PLATFORMS);
  expect(found.rules).toBeNull();
  const errors = (found.ofRule.get(1) ?? []).filter(({ severity }) => severity === 'error');
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining(words)]);
});
