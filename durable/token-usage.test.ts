import { expect, it } from 'vitest';
import { usageOf } from './token-usage.ts';

const wire = { prompt_tokens: 10, completion_tokens: 2 };

it('usage is null where an answer has none that can be read', () => {
  for (const answer of [null, 'text', 3, [], {}, { usage: null }, { usage: {} }]) {
    expect(usageOf(answer)).toBeNull();
  }
  expect(usageOf({ usage: { ...wire, prompt_tokens: -1 } })).toBeNull();
  expect(usageOf({ usage: { ...wire, completion_tokens: 1.5 } })).toBeNull();
});

it('cached tokens are counted where they are named', () => {
  const named = { ...wire, prompt_tokens_details: { cached_tokens: 8 } };
  expect(usageOf({ usage: named })).toEqual({ tokensIn: 10, tokensOut: 2, tokensCached: 8 });
  expect(usageOf({ usage: wire })).toEqual({ tokensIn: 10, tokensOut: 2, tokensCached: 0 });
});
