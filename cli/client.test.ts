import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { ERROR_CODES } from '../contract/errors.ts';
import { TENANT } from './testing/answers.ts';
import { skclaw, startSystem, type Scripted } from './testing/harness.ts';

const GET = ['tenant', 'get', 'acme'];
const POST = ['agent', 'wake', '--tenant-id', 'acme'];

async function against(argv: string[], ...answers: Scripted[]) {
  const system = await startSystem(...answers);
  const pauses: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    pauses.push(ms);
    return Promise.resolve();
  };
  const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url }, sleep });
  return { ...ran, received: system.received, pauses };
}

function answered(status: number, code: string): Scripted {
  return { status, body: { error: { code, message: `It is ${code}.` } } };
}

describe('exit codes', () => {
  test.each(Object.entries(ERROR_CODES))('%s is the contract’s', async (code, { status, exit }) => {
    const ran = await against(POST, answered(status, code));
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual({ code, message: `It is ${code}.` });
  });

  test.each([
    [400, 1],
    [401, 2],
    [403, 2],
    [404, 1],
    [418, 1],
    [429, 3],
    [500, 3],
    [503, 3],
  ])('an unknown code with status %i exits %i', async (status, exit) => {
    const ran = await against(POST, answered(status, 'brand_new'));
    expect(ran.code).toBe(exit);
    expect(ran.error().code).toBe('brand_new');
  });

  test.each([
    [400, 1],
    [401, 2],
    [404, 1],
    [500, 3],
  ])('a status %i without a body that says why exits %i', async (status, exit) => {
    const ran = await against(POST, { status, body: {}, headers: { 'x-request-id': 'r7' } });
    expect(ran.code).toBe(exit);
    expect(ran.error().message).toContain(
      status === 401 || status === 500 ? 'system' : String(status),
    );
  });
});

test('the request id comes from the header when the body has none', async () => {
  const ran = await against(POST, {
    ...answered(404, 'tenant_not_found'),
    headers: { 'x-request-id': 'r7' },
  });
  expect(ran.error().requestId).toBe('r7');
});

describe('Cloudflare Access in front', () => {
  const login = 'https://team.cloudflareaccess.com/cdn-cgi/access/login/api.example.com?kid=1';

  test.each<[string, Scripted]>([
    ['a redirect to its login page', { status: 302, headers: { location: login }, body: '' }],
    ['an HTML page', { status: 200, body: '<html>Sign in</html>' }],
    ['an HTML refusal', { status: 403, body: '<html>Forbidden</html>' }],
  ])('%s is refused credentials, exit 2', async (_, answer) => {
    const ran = await against(GET, answer);
    expect(ran.code).toBe(2);
    expect(ran.error().code).toBe('access_denied');
    expect(ran.received).toHaveLength(1);
  });

  test('a failing edge that answers in HTML is an external failure, exit 3', async () => {
    const ran = await against(POST, { status: 521, body: '<html>Web server is down</html>' });
    expect(ran.code).toBe(3);
    expect(ran.error().code).toBe('upstream_failed');
  });

  test('any other redirect is not followed', async () => {
    const ran = await against(GET, { status: 302, headers: { location: '/elsewhere' }, body: '' });
    expect(ran.code).toBe(3);
    expect(ran.received).toHaveLength(1);
  });
});

describe('credentials', () => {
  const id = '0123456789abcdef0123456789abcdef.access';
  const secret = 'canary-secret-value-4711';

  test('go out as a service token’s headers', async () => {
    const { url, received } = await startSystem({ body: TENANT });
    const env = {
      SKCLAW_ENV: 'staging',
      SKCLAW_URL: url,
      CF_ACCESS_CLIENT_ID: id,
      CF_ACCESS_CLIENT_SECRET: secret,
    };
    expect((await skclaw(GET, { env })).code).toBe(0);
    expect(received[0]?.headers).toMatchObject({
      'cf-access-client-id': id,
      'cf-access-client-secret': secret,
    });
  });

  test('stay here when the system is local', async () => {
    const { url, received } = await startSystem({ body: TENANT });
    const env = { SKCLAW_URL: url, CF_ACCESS_CLIENT_ID: id, CF_ACCESS_CLIENT_SECRET: secret };
    await skclaw(GET, { env });
    expect(received[0]?.headers).not.toHaveProperty('cf-access-client-secret');
  });

  test.each([
    { CF_ACCESS_CLIENT_ID: id },
    { CF_ACCESS_CLIENT_SECRET: secret },
    { CF_ACCESS_CLIENT_ID: id, CF_ACCESS_CLIENT_SECRET: `${secret}\nx: y` },
  ])('that are half or malformed exit 2 and are not shown', async (half) => {
    const { url, received } = await startSystem({ body: TENANT });
    const ran = await skclaw(GET, { env: { SKCLAW_ENV: 'staging', SKCLAW_URL: url, ...half } });
    expect(ran.code).toBe(2);
    expect(ran.stderr).not.toContain(secret);
    expect(received).toEqual([]);
  });

  test('are cut out of whatever a system echoes', async () => {
    const echo = answered(400, 'invalid_request');
    const { url } = await startSystem(
      { body: { ...TENANT, state: secret } },
      { ...echo, body: { error: { code: 'invalid_request', message: `Bad ${secret}` } } },
    );
    const env = {
      SKCLAW_ENV: 'staging',
      SKCLAW_URL: url,
      CF_ACCESS_CLIENT_ID: id,
      CF_ACCESS_CLIENT_SECRET: secret,
    };
    const [shown, refused] = [await skclaw(GET, { env }), await skclaw(GET, { env })];
    expect(shown.data()).toMatchObject({ state: '[redacted]' });
    expect(refused.error().message).toBe('Bad [redacted]');
  });
});

describe('a system that is not there', () => {
  test('is unreachable, with how to start it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    const ran = await skclaw(GET, { env: { SKCLAW_URL: `http://127.0.0.1:${port}` } });
    expect(ran.code).toBe(3);
    expect(ran.error()).toMatchObject({ code: 'system_unreachable' });
    expect(ran.error().hint).toContain('npm run dev');
  });

  test('that does not answer in time is unreachable, and the wait was bounded', async () => {
    const hangs = vi.fn<typeof fetch>(() => Promise.reject(new DOMException('', 'TimeoutError')));
    const ran = await skclaw(GET, { fetch: hangs });
    expect(ran.code).toBe(3);
    expect(ran.error().message).toContain('did not answer within 30 s');
    expect(hangs).toHaveBeenCalledOnce();
    expect(hangs.mock.calls[0]?.[1]?.signal).toBeInstanceOf(AbortSignal);
  });
});

describe('asking again', () => {
  test.each([502, 503, 504])(
    'a GET is asked again after %i, with a random pause',
    async (status) => {
      const ran = await against(GET, { status, body: {} }, { status, body: {} }, { body: TENANT });
      expect(ran.code).toBe(0);
      expect(ran.received).toHaveLength(3);
      expect(ran.pauses).toEqual([200, 400]);
    },
  );

  test('a GET is asked three times at most', async () => {
    const ran = await against(GET, answered(503, 'agent_unavailable'));
    expect(ran.code).toBe(3);
    expect(ran.received).toHaveLength(3);
  });

  test.each([
    ['a POST', POST, answered(503, 'agent_unavailable')],
    ['a status 500', GET, answered(500, 'internal')],
    ['a rate limit', GET, answered(429, 'rate_limited')],
    ['an error that stays', GET, answered(503, 'not_configured')],
  ])('%s is not asked again', async (_, argv, answer) => {
    const ran = await against(argv, answer);
    expect(ran.code).toBe(3);
    expect(ran.received).toHaveLength(1);
  });
});

describe('an answer of another shape', () => {
  test.each<[string, Scripted]>([
    ['JSON of something else', { body: { hello: 'world' } }],
    ['no JSON', { body: 'hello', headers: { 'content-type': 'text/plain' } }],
    ['more than fits', { body: { ...TENANT, state: 'x'.repeat(9 * 1024 * 1024) } }],
  ])('%s is an external failure', async (_, answer) => {
    const ran = await against(GET, answer);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.error().code).toBe('upstream_failed');
  });
});
