import { describe, expect, it } from 'vitest';
import { policyProblems, resolveRoute, type Policy, type PolicyRule } from './policy.ts';
import { SEED_POLICY } from './seed-policy.ts';

const rule = (partial: Partial<PolicyRule>): PolicyRule => ({
  model: '@cf/zai-org/glm-4.7-flash',
  fallback: null,
  firstByteTimeoutMs: 20_000,
  maxOutputTokens: 1_000,
  ...partial,
});
const policy = (...rules: Partial<PolicyRule>[]): Policy => ({
  version: 7,
  rules: rules.map(rule),
});
const request = { tier: 'premium', platform: 'example.com', workload: 'chat' } as const;

describe('the route of a request', () => {
  it('is the most specific rule that matches, whatever the order', () => {
    const rules = [
      { model: 'any' },
      { tier: 'premium', model: 'tier' },
      { tier: 'premium', workload: 'chat', model: 'tier and workload' },
      { tier: 'premium', workload: 'chat', platform: 'other.com', model: 'elsewhere' },
    ] as const;
    for (const order of [rules, rules.toReversed()]) {
      expect(resolveRoute(policy(...order), request)?.model).toBe('tier and workload');
    }
  });

  it('prefers a platform’s rule to a workload’s, and a workload’s to a tier’s', () => {
    const platform = { platform: 'example.com', model: 'platform' };
    const workload = { workload: 'chat', model: 'workload' } as const;
    const tier = { tier: 'premium', model: 'tier' } as const;
    expect(resolveRoute(policy(tier, workload, platform), request)?.model).toBe('platform');
    expect(resolveRoute(policy(tier, workload), request)?.model).toBe('workload');
  });

  it('is the earlier rule on a tie', () => {
    expect(resolveRoute(policy({ model: 'first' }, { model: 'second' }), request)?.rule).toBe(0);
  });

  it('says which rule it is and why', () => {
    const route = resolveRoute(policy({}, { tier: 'premium' }), request);
    expect(route?.explanation).toBe(
      'Rule 2 of policy 7 (tier premium) is the most specific for tier premium, platform example.com, ' +
        'workload chat; 1 more general rule matched too.',
    );
  });

  it('does not exist where no rule matches', () => {
    expect(resolveRoute(policy({ tier: 'free' }), request)).toBeNull();
  });
});

describe('the problems of a policy', () => {
  it('are none in the one that a fresh system has', () => {
    expect(policyProblems(SEED_POLICY, ['streamkinetics.com'])).toEqual([]);
  });

  it('name a retired model’s successor', () => {
    const [problem] = policyProblems(policy({ model: '@cf/meta/llama-3.1-8b-instruct' }), [
      'a.com',
    ]);
    expect(problem).toMatchObject({ severity: 'error' });
    expect(problem?.message).toContain('2026-05-30. Use @cf/zai-org/glm-4.7-flash.');
  });

  it('are an unknown model, a context that is tight, and a combination without a rule', () => {
    const problems = policyProblems(
      policy({
        tier: 'premium',
        model: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
        fallback: '@cf/nobody/nothing',
      }),
      ['a.com'],
    );
    expect(problems.filter(({ severity }) => severity === 'warning')).toHaveLength(1);
    expect(problems.some(({ message }) => message.includes('@cf/nobody/nothing'))).toBe(true);
    expect(problems.filter(({ message }) => message.startsWith('No rule for tier'))).toHaveLength(
      6,
    );
  });
});
