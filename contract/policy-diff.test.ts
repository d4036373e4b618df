import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffPolicies } from './policy-diff.ts';
import { resolveRoute } from './route.ts';
import { anyPolicy, anyRequest, FLASH, KIMI, OSS, policyWith } from './testing/policies.ts';

const NOTHING = { added: [], removed: [], changed: [], combinations: [] };

describe('the difference of two policies', () => {
  const before = policyWith({}, { tier: 'free', model: OSS }, { tier: 'premium', model: KIMI });

  it('is nothing between the same rules, also in another order', () => {
    const turned = { version: 8, rules: before.rules.toReversed() };
    expect(diffPolicies(before, turned)).toEqual(NOTHING);
  });

  it('names rules that came, went and changed, field by field', () => {
    const after = policyWith({}, { tier: 'premium', fallback: OSS }, { workload: 'monitor' });
    expect(diffPolicies(before, after)).toMatchObject({
      added: [{ rule: 2, description: 'workload monitor' }],
      removed: [{ rule: 1, description: 'tier free' }],
      changed: [
        {
          description: 'tier premium',
          before: 2,
          after: 1,
          fields: [
            { field: 'model', before: KIMI, after: FLASH },
            { field: 'fallback', before: null, after: OSS },
          ],
        },
      ],
    });
  });

  it('names the combinations that get another route, with both prices', () => {
    const after = policyWith({}, { tier: 'free', model: OSS }, { tier: 'premium', model: OSS });
    const { combinations } = diffPolicies(before, after);
    expect(combinations.map(({ tier, workload }) => [tier, workload])).toEqual([
      ['premium', 'chat'],
      ['premium', 'summarize'],
      ['premium', 'monitor'],
    ]);
    expect(combinations[0]).toMatchObject({
      platform: null,
      before: { model: KIMI, priceIn: 950, priceOut: 4_000 },
      after: { model: OSS, priceIn: 350, priceOut: 750 },
    });
  });

  it('tells a platform that either names from all others', () => {
    const after = policyWith(...before.rules, { platform: 'a.com', tier: 'free' });
    const { combinations } = diffPolicies(before, after);
    expect(new Set(combinations.map(({ platform }) => platform))).toEqual(new Set(['a.com']));
  });

  it('has null where a combination has no route', () => {
    const some = policyWith({ tier: 'free' });
    const all = policyWith({});
    const { combinations } = diffPolicies(some, all);
    expect(combinations.filter((one) => one.before === null)).toHaveLength(6);
    expect(diffPolicies(all, some).combinations.every((one) => one.after === null)).toBe(true);
  });

  it('has a combination exactly when its route differs', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, anyRequest, (old, now, asked) => {
        const { tier, platform, workload } = asked;
        const named = [...old.rules, ...now.rules].some((rule) => rule.platform === platform);
        const listed = diffPolicies(old, now).combinations.some(
          (one) =>
            one.tier === tier &&
            one.workload === workload &&
            one.platform === (named ? platform : null),
        );
        const [first, second] = [old, now].map((policy) => {
          const result = resolveRoute(policy, { tier, platform, workload });
          return result.ok ? { ...result.route, rule: null } : null;
        });
        expect(listed).toBe(JSON.stringify(first) !== JSON.stringify(second));
      }),
    );
  });
});
