import { expect, test } from 'vitest';
import { differenceWords } from './difference-words.ts';
import { routeQuestion } from './route-question.ts';
import { fieldWords, priceWords, pricesOf, shortModel } from './rule-words.ts';

test('prices are dollars per million tokens', () => {
  expect([60, 45, 4_000].map(priceWords)).toEqual(['$0.06', '$0.045', '$4.00']);
  expect(pricesOf('@cf/moonshotai/kimi-k2.6')).toBe('$0.95 / $4.00');
  expect(pricesOf('nobody/knows')).toBeNull();
});

test('a difference says its direction, in money and percent', () => {
  const dollar = 1_000_000_000;
  expect(differenceWords(2 * dollar, dollar)).toBe('−$1.00 (−50%)');
  expect(differenceWords(dollar, 3 * dollar)).toBe('+$2.00 (+200%)');
  expect(differenceWords(1_000 * dollar, 1_001 * dollar)).toBe('+$1.00 (< 1%)');
  expect(differenceWords(0, dollar)).toBe('+$1.00');
  expect(differenceWords(dollar, dollar)).toBe('no difference');
});

test('a field that changed is said as people read it', () => {
  expect(fieldWords('firstByteTimeoutMs', 1_500)).toEqual({ name: 'first byte', value: '1.5 s' });
  expect(fieldWords('fallback', null).value).toBe('none');
  expect(fieldWords('model', '@cf/openai/gpt-oss-20b').value).toBe('gpt-oss-20b');
});

test('a model is named without where it lives', () => {
  const models = ['@cf/zai-org/glm-4.7-flash', 'plain'];
  expect(models.map(shortModel)).toEqual(['glm-4.7-flash', 'plain']);
});

test('a question is read from the address, and what is wrong in it is not asked', () => {
  const read = (text: string) =>
    routeQuestion(new URLSearchParams(text), ['a.example', 'b.example']);
  expect(read('')).toEqual({ tier: 'free', platform: 'a.example', workload: 'chat' });
  expect(read('tier=gold&platform=x&workload=sing&promptTokens=-1&model=')).toEqual(read(''));
  expect(read('tier=premium&platform=b.example&workload=monitor&promptTokens=12&model=m')).toEqual({
    tier: 'premium',
    platform: 'b.example',
    workload: 'monitor',
    promptTokens: 12,
    model: 'm',
  });
});
