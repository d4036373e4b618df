import { describe, expect, test } from 'vitest';
import { INSPECTION } from '../testing/answers.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

describe('agent', () => {
  test.each([
    ['inspect', [], 'GET', '', undefined, INSPECTION],
    ['wake', [], 'POST', '/wake', undefined, INSPECTION.agent],
    ['sleep', [], 'POST', '/sleep', { force: false }, INSPECTION.agent],
    ['sleep', ['--force'], 'POST', '/sleep', { force: true }, INSPECTION.agent],
    ['flush', [], 'POST', '/flush', undefined, { flushed: 2, unsettled: 1 }],
  ])(
    '%s %j asks the agent and prints its answer',
    async (action, more, method, path, body, answer) => {
      const system = await startSystem({ body: answer });
      const argv = ['agent', action, '--tenant-id', 'acme', ...more];
      const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.data()).toEqual(answer);
      expect(system.received).toMatchObject([{ method, url: `/admin/api/agents/acme${path}` }]);
      expect(system.received[0]?.body).toEqual(body);
    },
  );

  test('inspect shows a table of dotted fields', async () => {
    const system = await startSystem({ body: INSPECTION });
    const argv = ['agent', 'inspect', '--tenant-id', 'acme', '--format', 'table'];
    const { stdout } = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(stdout).toMatch(/^agent\.state +asleep$/m);
    expect(stdout).toMatch(/^container\.running +no$/m);
    expect(stdout).toMatch(/^due +1$/m);
  });
});
