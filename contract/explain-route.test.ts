import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainRoute } from './explain-route.ts';
import { resolveRoute } from './route.ts';
import {
  anyPolicy,
  anyRequest,
  FLASH,
  KIMI,
  OSS,
  policyWith,
  RETIRED,
  SMALL,
  WINDOWLESS,
} from './testing/policies.ts';

const request = { tier: 'premium', platform: 'a.com', workload: 'chat' } as const;

/** Verdicts by model. */
function verdictsOf(models: { id: string; role: string; verdict: string }[]) {
  return models.map(({ id, role, verdict }) => [id, role, verdict]);
}

describe('the explanation of a route', () => {
  it('decides what the route decides, whatever the policy and the request', () => {
    fc.assert(
      fc.property(anyPolicy, anyRequest, (policy, asked) => {
        const { explanation, considered, models, ...result } = explainRoute(policy, asked);
        expect(result).toEqual(resolveRoute(policy, asked));
        expect(explanation).not.toBe('');
        expect(considered.map(({ rule }) => rule)).toEqual(policy.rules.map((_, index) => index));
        const won = considered.filter(({ verdict }) => verdict === 'won');
        if (!result.ok) return;
        expect(won.map(({ rule }) => rule)).toEqual([result.route.rule]);
        const chosen = models.filter(({ verdict }) => verdict === 'chosen');
        expect(chosen.map(({ id }) => id)).toEqual([result.route.model]);
      }),
    );
  });

  it('says which rule won, why, and what answers', () => {
    const policy = policyWith({}, { tier: 'premium', model: KIMI, fallback: FLASH });
    expect(explainRoute(policy, request).explanation).toBe(
      'Rule 2 of policy 7 (tier premium) is the most specific for tier premium, platform a.com, ' +
        `workload chat; 1 other rule matched too. ${KIMI} answers, and ${FLASH} stands in for it.`,
    );
  });

  it('says of each other rule what kept it back', () => {
    const policy = policyWith(
      { tier: 'premium' },
      {},
      { tier: 'premium' },
      { workload: 'monitor' },
      { tier: 'free', platform: 'b.com' },
    );
    expect(explainRoute(policy, request).considered).toEqual([
      { rule: 0, description: 'tier premium', verdict: 'won' },
      { rule: 1, description: 'anything', verdict: 'less specific' },
      { rule: 2, description: 'tier premium', verdict: 'later' },
      { rule: 3, description: 'workload monitor', verdict: 'workload does not match' },
      {
        rule: 4,
        description: 'tier free, platform b.com',
        verdict: 'tier and platform do not match',
      },
    ]);
  });

  it('says of each model what became of it', () => {
    const policy = policyWith(
      { model: KIMI, fallback: OSS },
      { tier: 'premium', model: SMALL, fallback: RETIRED },
    );
    const long = explainRoute(policy, { ...request, promptTokens: 23_001 });
    expect(verdictsOf(long.models)).toEqual([
      [SMALL, 'primary', 'too small for 24,001 tokens'],
      [RETIRED, 'fallback', 'retired since 2026-05-30'],
      [KIMI, 'general', 'chosen'],
      [OSS, 'general', 'not needed'],
    ]);
    expect(long.explanation).toContain(
      `${SMALL} is too small for 24,001 tokens, ${RETIRED} is retired since 2026-05-30: ${KIMI}, of ` +
        'a more general rule, answers.',
    );
  });

  it('says that a model must be larger than the one that refused', () => {
    const policy = policyWith({ model: OSS, fallback: WINDOWLESS }, { tier: 'free', model: KIMI });
    const refused = explainRoute(policy, { ...request, largerThan: 128_000 });
    expect(refused).toMatchObject({ ok: false, reason: 'too_long' });
    const tooSmall = 'not known to be larger than 128,000 tokens';
    expect(refused.models.map(({ verdict }) => verdict)).toEqual([tooSmall, tooSmall]);
  });

  it('tells a model that the caller named from the rule’s', () => {
    const policy = policyWith({ workload: 'chat' }, { model: OSS });
    const named = explainRoute(policy, { ...request, model: OSS });
    expect(verdictsOf(named.models)).toEqual([
      [FLASH, 'primary', 'another was named'],
      [OSS, 'general', 'chosen'],
    ]);
    expect(named.explanation).toContain(`The caller named ${OSS}.`);
    const refused = explainRoute(policy, { ...request, model: KIMI });
    expect(verdictsOf(refused.models)[2]).toEqual([KIMI, 'named', 'not allowed']);
  });

  it('speaks of rules that are not stored as a draft', () => {
    const draft = { ...policyWith({ tier: 'free' }), version: 0 };
    expect(explainRoute(draft, request).explanation).toBe(
      'No rule of the draft covers tier premium, platform a.com, workload chat.',
    );
  });
});
