import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Workload } from './tiers.ts';
import { findModel } from './models.ts';
import { matches, modelsOf, ruleKey, type Policy } from './policy-rule.ts';
import { allowedModels, resolveRoute, type Route, type RouteRequest } from './route.ts';
import {
  anyPolicy,
  anyRequest,
  anyRule,
  FLASH,
  KIMI,
  OSS,
  policyWith,
  RETIRED,
  SMALL,
  WINDOWLESS,
} from './testing/policies.ts';

const request = { tier: 'premium', platform: 'a.com', workload: 'chat' } as const;

function routeOf(policy: Policy, asked: Partial<RouteRequest> = {}): Route {
  const result = resolveRoute(policy, { ...request, ...asked });
  if (!result.ok) throw new Error(result.message);
  return result.route;
}

/** First model and fallback. */
function modelsFor(policy: Policy, asked?: Partial<RouteRequest>): (string | null)[] {
  const { model, fallback } = routeOf(policy, asked);
  return [model, fallback];
}

describe('the rule of a route', () => {
  it('is the most specific that matches, whatever the order', () => {
    const rules = [
      { model: FLASH },
      { tier: 'premium', model: OSS },
      { tier: 'premium', workload: 'chat', model: KIMI },
      { tier: 'premium', workload: 'chat', platform: 'other.com', model: SMALL },
    ] as const;
    for (const order of [rules, rules.toReversed()]) {
      expect(routeOf(policyWith(...order)).model).toBe(KIMI);
    }
  });

  it('is a platform’s before a workload’s, and a workload’s before a tier’s', () => {
    const platform = { platform: 'a.com', model: FLASH };
    const workload = { workload: 'chat', model: OSS } as const;
    const tier = { tier: 'premium', model: KIMI } as const;
    expect(routeOf(policyWith(tier, workload, platform)).model).toBe(FLASH);
    expect(routeOf(policyWith(tier, workload)).model).toBe(OSS);
  });

  it('is one that names more before one that names a platform', () => {
    const more = { tier: 'premium', workload: 'chat', model: KIMI } as const;
    expect(routeOf(policyWith({ platform: 'a.com' }, more)).model).toBe(KIMI);
  });

  it('is the earlier one on a tie', () => {
    expect(routeOf(policyWith({ model: OSS }, { model: KIMI }))).toMatchObject({ rule: 0 });
  });

  it('gives its caps and the version of its policy', () => {
    const policy = policyWith({ fallback: OSS, firstByteTimeoutMs: 5_000, maxOutputTokens: 64 });
    expect(routeOf(policy)).toEqual({
      policyVersion: 7,
      rule: 0,
      model: FLASH,
      fallback: OSS,
      firstByteTimeoutMs: 5_000,
      maxOutputTokens: 64,
    });
  });

  it('is missing where none matches', () => {
    expect(resolveRoute(policyWith({ tier: 'free' }), request)).toEqual({
      ok: false,
      reason: 'no_rule',
      message: 'No routing rule covers this request.',
    });
  });
});

describe('the model of a route', () => {
  const policy = policyWith(
    { model: KIMI, fallback: WINDOWLESS },
    { tier: 'premium', model: SMALL, fallback: FLASH, maxOutputTokens: 4_000 },
  );

  it('has room for the prompt and the longest answer', () => {
    expect(modelsFor(policy)).toEqual([SMALL, FLASH]);
    expect(modelsFor(policy, { promptTokens: 20_000 })).toEqual([SMALL, FLASH]);
    expect(modelsFor(policy, { promptTokens: 20_001 })).toEqual([FLASH, null]);
  });

  it('comes from a more general rule, alone, when none of the rule’s own has room', () => {
    expect(modelsFor(policy, { promptTokens: 200_000 })).toEqual([KIMI, null]);
    expect(routeOf(policy, { promptTokens: 200_000 })).toMatchObject({
      rule: 1,
      maxOutputTokens: 4_000,
    });
  });

  it('may be one that publishes no window, but not in place of one that was too small', () => {
    expect(modelsFor(policy, { promptTokens: 500_000 })).toEqual([WINDOWLESS, null]);
    expect(modelsFor(policy, { largerThan: 24_000 })).toEqual([FLASH, null]);
    expect(modelsFor(policy, { largerThan: 131_072 })).toEqual([KIMI, null]);
    expect(resolveRoute(policy, { ...request, largerThan: 262_144 })).toMatchObject({
      ok: false,
      reason: 'too_long',
    });
  });

  it('is told as too long in words for whoever wrote the prompt', () => {
    const result = resolveRoute(policyWith({}), { ...request, promptTokens: 150_000 });
    expect(result).toEqual({
      ok: false,
      reason: 'too_long',
      message:
        'This is about 150,000 tokens long, more than any model here can read at once. ' +
        'Shorten it, or start a new conversation.',
    });
  });

  it('is never a retired one, and that is not told as a prompt too long', () => {
    expect(modelsFor(policyWith({ model: RETIRED, fallback: OSS }))).toEqual([OSS, null]);
    expect(resolveRoute(policyWith({ model: RETIRED }), request)).toMatchObject({
      ok: false,
      reason: 'no_rule',
    });
  });

  it('has no fallback that is itself', () => {
    expect(modelsFor(policyWith({ fallback: FLASH }))).toEqual([FLASH, null]);
  });
});

describe('a model that the caller names', () => {
  const policy = policyWith(
    { model: FLASH, fallback: RETIRED },
    { tier: 'premium', workload: 'summarize', model: SMALL },
    { tier: 'free', model: KIMI },
    { tier: 'premium', platform: 'b.com', model: OSS },
  );

  it('may be any that the rules for the tier, the platform and the workload name', () => {
    const allowed = (...workloads: Workload[]) => allowedModels(policy, { ...request, workloads });
    expect(allowed('chat', 'summarize')).toEqual([FLASH, SMALL]);
    expect(allowed('chat')).toEqual([FLASH]);
    expect(modelsFor(policy, { model: FLASH })).toEqual([FLASH, null]);
    expect(resolveRoute(policy, { ...request, model: SMALL }).ok).toBe(false);
    const summary = { ...request, workload: 'summarize', model: SMALL } as const;
    expect(resolveRoute(policy, summary)).toMatchObject({ ok: true, route: { model: SMALL } });
  });

  it.each([KIMI, OSS, SMALL, RETIRED, 'gpt-4o'])('is refused when they have no %s', (model) => {
    expect(resolveRoute(policy, { ...request, model })).toEqual({
      ok: false,
      reason: 'model_not_allowed',
      message: `The model ${model} is not available here. Choose one of: ${FLASH}.`,
    });
  });

  it('is not replaced when the prompt is too long for it', () => {
    const summary = { ...request, workload: 'summarize', model: SMALL } as const;
    const result = resolveRoute(policy, { ...summary, promptTokens: 30_000 });
    expect(result).toMatchObject({ reason: 'too_long', message: expect.stringContaining(SMALL) });
  });
});

describe('whatever the policy and the request', () => {
  const both = [anyPolicy, anyRequest] as const;

  it('the chosen models hold the prompt, are not retired and are what was asked for', () => {
    fc.assert(
      fc.property(...both, (policy, asked) => {
        const result = resolveRoute(policy, asked);
        if (!result.ok) return;
        const { model, fallback, maxOutputTokens } = result.route;
        if (asked.model !== undefined) expect([model, fallback]).toEqual([asked.model, null]);
        for (const id of [model, fallback].filter((one) => one !== null)) {
          const found = findModel(id);
          expect(found?.retiredSince).toBeNull();
          const window = found?.contextWindow ?? null;
          if (asked.largerThan !== undefined) expect(window).toBeGreaterThan(asked.largerThan);
          if (asked.promptTokens === undefined || window === null) continue;
          expect(asked.promptTokens + maxOutputTokens).toBeLessThanOrEqual(window);
        }
      }),
    );
  });

  it('the order of rules about different things does not matter', () => {
    fc.assert(
      fc.property(...both, fc.nat(), ({ version, rules }, asked, turn) => {
        const distinct = [...new Map(rules.map((rule) => [ruleKey(rule), rule])).values()];
        const by = turn % distinct.length;
        const turned = [...distinct.slice(by), ...distinct.slice(0, by)];
        const [first, second] = [distinct, turned].map((order) => {
          const result = resolveRoute({ version, rules: order }, asked);
          if (!result.ok) return result.reason;
          return { ...result.route, rule: order[result.route.rule] };
        });
        expect(second).toEqual(first);
      }),
    );
  });

  it('a rule added for another combination changes nothing', () => {
    fc.assert(
      fc.property(...both, anyRule, ({ version, rules }, asked, added) => {
        fc.pre(!matches(added, asked) && asked.model === undefined);
        const more = { version, rules: [...rules, added] };
        expect(resolveRoute(more, asked)).toEqual(resolveRoute({ version, rules }, asked));
      }),
    );
  });

  it('a shorter prompt never loses the route that a longer one has', () => {
    fc.assert(
      fc.property(...both, fc.nat(100_000), (policy, asked, less) => {
        const { promptTokens } = asked;
        fc.pre(promptTokens !== undefined && resolveRoute(policy, asked).ok);
        const shorter = { ...asked, promptTokens: Math.max(0, promptTokens! - less) };
        expect(resolveRoute(policy, shorter).ok).toBe(true);
      }),
    );
  });

  it('every model that a combination gets is one that its callers may name', () => {
    fc.assert(
      fc.property(...both, (policy, asked) => {
        const { model: _, ...unnamed } = asked;
        const result = resolveRoute(policy, unnamed);
        if (!result.ok) return;
        const allowed = allowedModels(policy, { ...asked, workloads: [asked.workload] });
        for (const id of modelsOf(result.route)) expect(allowed).toContain(id);
      }),
    );
  });
});
