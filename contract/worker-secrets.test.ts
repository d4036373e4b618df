import { describe, expect, test } from 'vitest';
import { fingerprintOf, secretProblem } from './worker-secrets.ts';

const KEY = 'k'.repeat(43);

test('a fingerprint is of one secret, one name and one nonce', async () => {
  const name = 'SESSION_SIGNING_KEYS';
  const print = await fingerprintOf('a secret', { name, nonce: 'n' });
  expect(print).toMatch(/^[0-9a-f]{64}$/);
  expect(await fingerprintOf('a secret', { name, nonce: 'n' })).toBe(print);
  const others = await Promise.all([
    fingerprintOf('another', { name, nonce: 'n' }),
    fingerprintOf('a secret', { name, nonce: 'm' }),
    fingerprintOf('a secret', { name: 'CLOUDFLARE_AI_GATEWAY_API_KEY', nonce: 'n' }),
  ]);
  expect(new Set([print, ...others]).size).toBe(4);
});

describe('the form of', () => {
  test.each([
    ['SESSION_SIGNING_KEYS', KEY, true],
    ['SESSION_SIGNING_KEYS', `${KEY}, ${KEY}x`, true],
    ['SESSION_SIGNING_KEYS', Array.from({ length: 9 }, () => KEY).join(','), false],
    ['SESSION_SIGNING_KEYS', 'k'.repeat(42), false],
    ['SESSION_SIGNING_KEYS', 'k'.repeat(45), false],
    ['SESSION_SIGNING_KEYS', `${KEY}=`, false],
    ['SESSION_SIGNING_KEYS', ',', false],
    ['CLOUDFLARE_AI_GATEWAY_API_KEY', 'token-of-cloudflare', true],
    ['CLOUDFLARE_AI_GATEWAY_API_KEY', 'two words', false],
    ['CLOUDFLARE_AI_GATEWAY_API_KEY', 'short', false],
  ] as const)('%s: %s is right: %s', (name, value, isRight) => {
    const problem = secretProblem(name, value);
    expect(problem === null).toBe(isRight);
    expect(problem ?? '').not.toContain(value);
  });
});
