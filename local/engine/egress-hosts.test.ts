import { describe, expect, test } from 'vitest';
import { findEgressHosts, rewriteEgressHosts } from './egress-hosts.ts';

const addresses = new Map([
  ['models.internal:80', 'http://127.0.0.1:1'],
  ['models.internal:8080', 'http://127.0.0.1:2'],
]);

describe('internal hosts in an environment', () => {
  test('each different host is found once, wherever it stands in a value', () => {
    const env = {
      A: 'http://models.internal/v1',
      B: '{"baseUrl":"http://MODELS.internal","next":"http://state.internal:8080/snapshot"}',
      C: 'https://other.internal http://example.com http://models.internal.example.com',
      D: 'http://models.internals http://models.internal-x http://internal/',
    };
    expect(findEgressHosts(env)).toEqual([
      { hostname: 'models.internal', port: 80 },
      { hostname: 'state.internal', port: 8080 },
    ]);
  });

  test.each([
    ['http://models.internal', 'http://127.0.0.1:1'],
    ['http://models.internal/v1?x=1', 'http://127.0.0.1:1/v1?x=1'],
    ['http://models.internal:80/v1', 'http://127.0.0.1:1/v1'],
    ['http://models.internal:8080/v1', 'http://127.0.0.1:2/v1'],
    ['a,http://models.internal,b', 'a,http://127.0.0.1:1,b'],
    ['see http://models.internal.', 'see http://127.0.0.1:1.'],
    ['http://unknown.internal/x', 'http://unknown.internal/x'],
    ['http://models.internal.evil.com', 'http://models.internal.evil.com'],
  ])('%s becomes %s', (value, expected) => {
    expect(rewriteEgressHosts({ KEY: value }, addresses)).toEqual({ KEY: expected });
  });
});
