import { describe, expect, test } from 'vitest';
import { skclaw, startSystem } from '../testing/harness.ts';

describe('routing test', () => {
  const result = {
    model: '@cf/moonshotai/kimi-k2.6',
    explanation: 'Rule 2.',
    policyVersion: 1,
    rule: 1,
    fallbackUsed: false,
    attempts: 1,
    latencyMs: 12,
    firstByteMs: null,
    tokensIn: 5,
    tokensOut: 7,
    costNano: 100,
    logId: null,
    callId: 'c',
    answer: 'hello',
  };

  test('posts the request and prints the route', async () => {
    const system = await startSystem({ body: result });
    const argv = 'routing test --tier premium --platform a.b --workload monitor'.split(' ');
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual(result);
    expect(system.received).toMatchObject([
      {
        method: 'POST',
        url: '/admin/api/routing/test',
        body: { tier: 'premium', platform: 'a.b', workload: 'monitor' },
      },
    ]);
  });

  test('exits 3 when the model fails', async () => {
    const error = { code: 'upstream_failed', message: 'Both models failed.' };
    const system = await startSystem({ status: 502, body: { error } });
    const argv = ['routing', 'test', '--tier', 'premium'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(3);
    expect(system.received).toHaveLength(1);
    expect(system.received[0]?.body).toEqual({ tier: 'premium', workload: 'chat' });
  });
});
