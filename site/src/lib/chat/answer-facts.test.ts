import { expect, test } from 'vitest';
import { answerFacts, dollars } from './answer-facts.ts';

test.each([
  [0, '$0'],
  [99_000, 'under $0.0001'],
  [100_000, '$0.0001'],
  [12_345_678, '$0.0123'],
  [1_234_567_890, '$1.23'],
])('%i nano-dollars are %s', (nano, words) => {
  expect(dollars(nano)).toBe(words);
});

test('an answer tells its model, tokens, cost and time, as far as they are known', () => {
  const usage = {
    model: '@cf/zai-org/glm-4.7-flash',
    tokensIn: 12_000,
    tokensOut: 345,
    costNano: 2e6,
  };
  expect(answerFacts({ ms: 8_200, usage })).toEqual([
    'glm-4.7-flash',
    '12,345 tokens',
    '$0.0020',
    '8 s',
  ]);
  expect(answerFacts({ ms: 8_200, usage: null })).toEqual(['8 s']);
});
