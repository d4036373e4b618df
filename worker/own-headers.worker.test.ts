import { beforeAll, describe, expect, it } from 'vitest';
import { errorBody } from '../contract/errors.ts';
import { API_KEY_TEXT } from './doubles/agent.ts';
import { createProduction, type Production } from './doubles/production.ts';
import { createWorld } from './doubles/world.ts';
import { MAX_COOKIE_HEADER_CHARS, MAX_HEADERS, MAX_URL_CHARS } from './request-bounds.ts';

const APEX = 'https://streamkinetics.com';
let world: Production;
let origin: string;
let tenantId: string;
beforeAll(async () => {
  world = await createProduction();
  ({ origin, id: tenantId } = await world.tenant());
});

const key = { authorization: `Bearer ${API_KEY_TEXT}` };
const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;

describe('every answer', () => {
  it.each([
    ['a page', () => `${APEX}/`],
    ['a file', () => `${APEX}/favicon.svg`],
    ['a tenant’s page', () => `${origin}/chat`],
    ['a redirect', () => `${origin}/`],
    ['a ping', () => `${APEX}/healthz`],
    ['a refusal', () => `${APEX}/admin/api/me`],
    ['a refusal of /v1', () => `${origin}/v1/models`],
    ['a missing address', () => `${origin}/nothing`],
    ['a host of nobody', () => 'https://nobody.streamkinetics.com/'],
  ])('is protected: %s', async (_, url) => {
    const { headers } = await world.ask(url(), { redirect: 'manual' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'strict-transport-security': 'max-age=63072000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.stringMatching(/^[0-9A-Z]{26}$/),
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
    expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });

  it('of a page names what it may use of the device: nothing', async () => {
    const { headers } = await world.ask(`${origin}/chat`);
    expect(headers.get('permissions-policy')).toMatch(/camera=\(\).*microphone=\(\)/);
    expect(headers.get('permissions-policy')).not.toMatch(/=\([^)]|\*/);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  });

  it('says nothing of https where there is none', async () => {
    const local = await createWorld();
    const { headers } = await local.ask('http://localhost:8787/');
    expect(headers.has('strict-transport-security')).toBe(false);
    expect(headers.get('content-security-policy')).not.toContain('upgrade');
  });
});

describe('without https', () => {
  it('a visitor is sent to it, on the same host and path', async () => {
    const response = await world.ask('http://streamkinetics.com/chat?x=1', { redirect: 'manual' });
    const { status, headers } = response;
    expect([status, headers.get('location')]).toEqual([308, `${APEX}/chat?x=1`]);
  });

  it('a change is refused: what it carries has been read already', async () => {
    const url = `${origin.replace('https', 'http')}/v1/chat/completions`;
    const response = await world.ask(url, { method: 'POST', headers: key, body: '{}' });
    expect([response.status, await codeOf(response)]).toEqual([403, 'https_required']);
  });
});

describe('scripts of other origins', () => {
  const foreign = { origin: 'https://app.example' };

  it('may ask /v1 with a key, and read what it says and when to come back', async () => {
    const { status, headers } = await world.ask(`${origin}/v1/models`, {
      headers: { ...foreign, ...key },
    });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(headers.has('access-control-allow-credentials')).toBe(false);
    expect(headers.get('access-control-expose-headers')).toContain('retry-after');
    const refused = await world.ask(`${origin}/v1/models`, { headers: foreign });
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('are told so by a preflight that asks no agent, of a host of nobody too', async () => {
    const before = world.agent(tenantId).asked.length;
    for (const base of [
      origin,
      'https://api.streamkinetics.com/t/acme',
      'https://nobody.example',
    ]) {
      const response = await world.ask(`${base}/v1/chat/completions`, {
        method: 'OPTIONS',
        headers: { ...foreign, 'access-control-request-method': 'POST' },
      });
      expect(response.status).toBe(204);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, *',
      });
    }
    expect(world.agent(tenantId).asked).toHaveLength(before);
  });

  it.each(['/api/me', '/api/sessions', '/chat', '/healthz', '/v1'])(
    'may not read %s',
    async (path) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await world.ask(origin + path, { method, headers: foreign });
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );
});

describe('a request beyond all bounds', () => {
  it('by its address is refused', async () => {
    const url = `${APEX}/?q=`;
    const longest = url + 'x'.repeat(MAX_URL_CHARS - url.length);
    expect((await world.ask(longest)).status).toBe(200);
    const response = await world.ask(`${longest}x`);
    expect([response.status, await codeOf(response)]).toEqual([414, 'uri_too_long']);
  });

  it('by its headers or cookies is refused', async () => {
    const many = Array.from({ length: MAX_HEADERS + 1 }, (_, n) => [`x-h-${n}`, '1']);
    const cookie = 'x'.repeat(MAX_COOKIE_HEADER_CHARS + 1);
    for (const headers of [Object.fromEntries(many), { cookie }] as Record<string, string>[]) {
      const response = await world.ask(`${APEX}/healthz`, { headers });
      expect([response.status, await codeOf(response)]).toEqual([431, 'headers_too_large']);
    }
  });
});

describe('the id of a request', () => {
  it('is never the client’s, and is the call’s at the agent and in the AI Gateway', async () => {
    const sent: Request[] = [];
    world.deps.fetch = async (input, init) => {
      sent.push(new Request(input, init));
      return Response.json({
        choices: [{ message: { role: 'assistant', content: 'hi' } }],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      });
    };
    const forged = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
    const response = await world.ask(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...key, 'x-request-id': forged, 'x-sk-request-id': forged },
      body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] }),
    });
    await response.text();
    const id = response.headers.get('x-request-id');
    expect(id).not.toBe(forged);
    const metadata = sent[0]?.headers.get('cf-aig-metadata') ?? '{}';
    expect(JSON.parse(metadata)).toMatchObject({ call: `${id}.1` });
    const admitted = world.agent(tenantId).asked.find(({ method }) => method === 'admitApi');
    expect(admitted?.args[1]).toMatchObject({ callId: id });
    expect(world.log.at(-1)).toMatchObject({ requestId: id, route: '/v1/chat/completions' });
  });
});
