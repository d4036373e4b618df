import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costNano, findModel } from './models.ts';

describe('what an attempt costs', () => {
  it('is tokens in and out at the model’s prices, in nano-dollars', () => {
    const usage = { tokensIn: 1_000, tokensOut: 100, tokensCached: 0 };
    expect(costNano('@cf/zai-org/glm-4.7-flash', usage)).toBe(1_000 * 60 + 100 * 400);
  });

  it('is less for cached tokens where the catalog has a price for them', () => {
    const usage = { tokensIn: 1_000, tokensOut: 0, tokensCached: 400 };
    expect(costNano('@cf/moonshotai/kimi-k2.6', usage)).toBe(600 * 950 + 400 * 160);
    expect(costNano('@cf/zai-org/glm-4.7-flash', usage)).toBe(1_000 * 60);
  });

  it('is a whole number, never negative, and never falls with more tokens', () => {
    const count = fc.nat(10_000_000);
    fc.assert(
      fc.property(count, count, count, (tokensIn, tokensOut, tokensCached) => {
        const usage = { tokensIn, tokensOut, tokensCached };
        const cost = costNano('@cf/moonshotai/kimi-k2.6', usage);
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(cost).toBeGreaterThanOrEqual(0);
        const more = costNano('@cf/moonshotai/kimi-k2.6', { ...usage, tokensOut: tokensOut + 1 });
        expect(more).toBeGreaterThan(cost);
      }),
    );
  });
});

describe('the model catalog', () => {
  it('names a successor that is not retired for a retired model', () => {
    const retired = findModel('@cf/meta/llama-3.1-8b-instruct');
    expect(retired?.retiredSince).toBe('2026-05-30');
    expect(findModel(retired?.successor ?? '')).toMatchObject({ retiredSince: null });
  });

  it('knows nothing of other providers', () => {
    expect(findModel('gpt-4o')).toBeNull();
  });
});
