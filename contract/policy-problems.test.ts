import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyProblems } from './policy-problems.ts';
import { ruleKey, type Policy, type PolicyRule } from './policy-rule.ts';
import { resolveRoute } from './route.ts';
import { SEED_POLICY } from './seed-policy.ts';
import {
  anyPolicy,
  anyRule,
  FLASH,
  KIMI,
  OSS,
  PLATFORMS,
  policyWith,
  RETIRED,
  SMALL,
  WINDOWLESS,
} from './testing/policies.ts';
import { TIERS, WORKLOADS } from './tiers.ts';

/** The problems as lines, with their severity. */
function linesOf(policy: Policy): string[] {
  return policyProblems(policy, PLATFORMS).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
}

describe('the problems of a policy', () => {
  it('are none in the one that a fresh system has', () => {
    expect(policyProblems(SEED_POLICY, ['streamkinetics.com'])).toEqual([]);
  });

  it.each<[string, Partial<PolicyRule>, string[]]>([
    [
      'a retired model, with its successor',
      { model: RETIRED },
      [`error: rule 1: model ${RETIRED} was retired on 2026-05-30. Use ${FLASH}.`],
    ],
    [
      'an unknown fallback',
      { fallback: '@cf/nobody/nothing' },
      ['error: rule 1: fallback @cf/nobody/nothing is not in the model catalog.'],
    ],
    [
      'a context that is tight',
      { model: SMALL },
      [
        `warning: rule 1: model ${SMALL} holds only 24000 tokens; long conversations will lose their beginning.`,
      ],
    ],
    [
      'an answer that leaves no room for the prompt',
      { model: SMALL, maxOutputTokens: 4_001 },
      [
        `error: rule 1: model with maxOutputTokens 4001, ${SMALL} has 19999 tokens left for the prompt, under 20000.`,
        `warning: rule 1: model ${SMALL} holds only 24000 tokens; long conversations will lose their beginning.`,
      ],
    ],
    [
      'a fallback that is the model itself',
      { fallback: FLASH },
      ['warning: rule 1: its fallback is its own model.'],
    ],
    [
      'a model without tools where agents chat',
      { fallback: WINDOWLESS },
      [`warning: rule 1: fallback ${WINDOWLESS} calls no tools, and agents chat with them.`],
    ],
  ])('are %s', (_, rule, lines) => {
    expect(linesOf(policyWith(rule))).toEqual(lines);
  });

  it('are no missing tools where nobody chats', () => {
    const chat = { workload: 'chat' } as const;
    expect(linesOf(policyWith({ model: WINDOWLESS }, chat))).toEqual([]);
  });

  it('are a combination without a rule', () => {
    const lines = linesOf(policyWith({ tier: 'premium' }, { tier: 'free' }));
    expect(lines).toHaveLength(PLATFORMS.length * 3);
    expect(lines[0]).toBe('error: No rule for tier enterprise, platform a.com, workload chat.');
  });

  it('are rules that can never win: doubles, shadowed ones, those of an unknown platform', () => {
    const policy = policyWith(
      { tier: 'free' },
      { platform: 'a.com' },
      { platform: 'b.com' },
      { tier: 'free', platform: 'a.com', model: KIMI },
      { tier: 'free', platform: 'a.com', model: OSS },
      { platform: 'c.com' },
    );
    expect(linesOf(policy)).toEqual([
      'error: rule 5: is about the same as rule 4 and can never win.',
      'error: rule 6: the system has no platform c.com.',
      'warning: rule 1: can never win: other rules cover tier free more specifically.',
    ]);
  });

  it('of rules that are sound alone are errors exactly where a combination has no route', () => {
    const soundRule = anyRule.map((rule) => ({ ...rule, model: FLASH, fallback: KIMI }));
    const sound = fc.uniqueArray(soundRule, { selector: ruleKey, minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sound, (rules) => {
        const policy = { version: 7, rules };
        const errors = policyProblems(policy, PLATFORMS).filter(
          ({ severity }) => severity === 'error',
        );
        const missing = PLATFORMS.flatMap((platform) =>
          TIERS.flatMap((tier) =>
            WORKLOADS.filter((workload) => !resolveRoute(policy, { tier, platform, workload }).ok),
          ),
        );
        expect(errors).toHaveLength(missing.length);
      }),
    );
  });

  it('come in the same order each time, errors first', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        const problems = policyProblems(policy, PLATFORMS);
        expect(policyProblems(structuredClone(policy), PLATFORMS)).toEqual(problems);
        const severities = problems.map(({ severity }) => severity);
        expect(severities).toEqual(severities.toSorted());
      }),
    );
  });
});
