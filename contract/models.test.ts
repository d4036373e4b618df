import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costNano, estimatePromptTokens, findModel, MODEL_CATALOG } from './models.ts';

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

  it.each(MODEL_CATALOG)('says of $id where its numbers are from', (model) => {
    expect(new URL(model.source).host).toBe('developers.cloudflare.com');
    expect(new Date(model.asOf).toISOString().slice(0, 10)).toBe(model.asOf);
    const prices = [model.priceIn, model.priceOut, model.priceCached ?? 1];
    expect(prices.every((price) => Number.isSafeInteger(price) && price > 0)).toBe(true);
  });

  it('has each model once', () => {
    const ids = MODEL_CATALOG.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('knows nothing of other providers', () => {
    expect(findModel('gpt-4o')).toBeNull();
  });
});

describe('the estimate of a prompt', () => {
  it('is no more than OpenClaw counts in its own shortest request, and not far from it', () => {
    const tokens = estimatePromptTokens(39 * 1_024);
    expect(tokens).toBeLessThanOrEqual(12_000);
    expect(tokens).toBeGreaterThan(9_000);
  });

  it('is whole, and nothing only for nothing', () => {
    expect([0, 1, 4, 5].map(estimatePromptTokens)).toEqual([0, 1, 1, 2]);
  });
});
