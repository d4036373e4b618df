import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { MAX_MODEL_REQUEST_BYTES } from '../../contract/ai-gateway.ts';
import { API_KEY_TEXT, INVITE_TOKEN } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
const CHAT = { model: 'chat', messages: [{ role: 'user', content: 'hi' }] };
const ANSWER = {
  choices: [{ message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
};
const openAiError = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string(),
  }),
});

let world: World;
let tenant: CreatedTenant;
/** What went upstream. */
let sent: Request[];
let upstream: () => Response;

beforeEach(async () => {
  world = await createWorld();
  sent = [];
  upstream = () => Response.json(ANSWER, { headers: { 'cf-aig-log-id': 'log-1' } });
  world.deps.fetch = async (input, init) => {
    sent.push(new Request(input, init));
    return upstream();
  };
  const made = await world.ask(`${SYSTEM}/admin/api/tenants`, {
    method: 'POST',
    body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' }),
  });
  tenant = createdTenant.parse(await made.json());
});

type Ask = { key?: string | null; body?: unknown; headers?: Record<string, string> };

function init(method: string, { key = API_KEY_TEXT, body, headers = {} }: Ask): RequestInit {
  const authorization: Record<string, string> =
    key === null ? {} : { authorization: `Bearer ${key}` };
  const all = { 'content-type': 'application/json', ...authorization, ...headers };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method, headers: all, ...(body !== undefined && { body: text }) };
}
const complete = (ask: Ask = {}, base = tenant.url): Promise<Response> =>
  world.ask(`${base}/v1/chat/completions`, init('POST', { body: CHAT, ...ask }));
const byPath = (slug = tenant.slug): string => `${SYSTEM}/t/${slug}`;
const asked = (method: string): unknown[][] =>
  world
    .agent(tenant.id)
    .asked.filter((one) => one.method === method)
    .map(({ args }) => args);

/** A streamed answer, read while it comes: what goes on behind it waits for its reader. */
async function stream(body: object): Promise<{ headers: Headers; text: string }> {
  const ctx = createExecutionContext();
  const asks = init('POST', { body: { ...CHAT, ...body } });
  const request = new Request(`${tenant.url}/v1/chat/completions`, asks);
  const response = await world.edge.fetch(request, world.env, ctx);
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  return { headers: response.headers, text };
}

async function errorOf(response: Response): Promise<Record<string, unknown>> {
  const { error } = openAiError.parse(await response.json());
  return { status: response.status, type: error.type, code: error.code };
}

async function memberCookie(): Promise<string> {
  const signedIn = await world.ask(`${tenant.url}/api/sign-in`, {
    method: 'POST',
    headers: { origin: tenant.url },
    body: JSON.stringify({ invite: INVITE_TOKEN, name: 'Ada' }),
  });
  return signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
}

describe('a model call of a program', () => {
  it('is admitted by its key, asked upstream with our credentials, and settled', async () => {
    const response = await complete();
    expect([response.status, await response.json()]).toEqual([200, ANSWER]);
    const [[caller, call] = []] = asked('admitApi');
    expect(caller).toMatchObject({ kind: 'key', host: tenant.hostname });
    expect(JSON.stringify(caller)).not.toContain('kkkk');
    expect(call).toMatchObject({ workload: 'chat', model: null, requestedMaxTokens: null });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headers.get('authorization')).not.toContain('skm_');
    expect(await sent[0]?.json()).toMatchObject({
      max_tokens: 100,
      model: '@cf/zai-org/glm-4.7-flash',
    });
    expect(asked('settleAll')).toEqual([
      [[expect.objectContaining({ outcome: 'ok', logId: 'log-1', callFailed: false })]],
    ]);
  });

  it('is the same by path, under the name of the tenant’s own host', async () => {
    const response = await complete({}, byPath());
    expect(response.status).toBe(200);
    expect(asked('admitApi')[0]?.[0]).toMatchObject({ kind: 'key', host: tenant.hostname });
  });

  it('reaches its own agent also while KV says another’s', async () => {
    const made = await world.ask(`${SYSTEM}/admin/api/tenants`, {
      method: 'POST',
      body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' }),
    });
    const other = createdTenant.parse(await made.json());
    const wrong = JSON.stringify({ tenantId: other.id });
    await world.env.DIRECTORY.put(`host:${tenant.hostname}`, wrong);
    expect((await complete()).status).toBe(200);
    expect(asked('admitApi')).toHaveLength(1);
  });

  it('names a workload, or else a model', async () => {
    await complete({ body: { ...CHAT, model: 'summarize', max_tokens: 7 } });
    await complete({ body: { ...CHAT, model: '@cf/openai/gpt-oss-120b' } });
    expect(asked('admitApi').map(([, call]) => call)).toMatchObject([
      { workload: 'summarize', model: null, requestedMaxTokens: 7 },
      { workload: null, model: '@cf/openai/gpt-oss-120b' },
    ]);
  });

  it('takes nothing from its headers that is ours to say', async () => {
    await complete({ headers: { 'cf-aig-metadata': '{"tenant":"other"}', 'x-sk-caller': '{}' } });
    expect(sent[0]?.headers.get('cf-aig-metadata')).toContain('"tenant":"t"');
  });

  it('streams, and hides the usage that it did not ask for', async () => {
    upstream = () =>
      new Response(
        'data: {"choices":[{"delta":{"content":"hello"}}]}\n\n' +
          `data: ${JSON.stringify({ choices: [], usage: ANSWER.usage })}\n\ndata: [DONE]\n\n`,
        { headers: { 'content-type': 'text/event-stream' } },
      );
    const plain = await stream({ stream: true });
    expect(plain.headers.get('content-type')).toBe('text/event-stream');
    expect(plain.headers.get('x-content-type-options')).toBe('nosniff');
    expect(plain.headers.get('cache-control')).toBe('no-store');
    expect(plain.text).toBe(
      'data: {"choices":[{"delta":{"content":"hello"}}]}\n\ndata: [DONE]\n\n',
    );
    const options = { stream: true, stream_options: { include_usage: true } };
    expect((await stream(options)).text).toContain('"usage"');
    const used = { tokensIn: 3, tokensOut: 1, tokensCached: 0 };
    expect(asked('settleAll')).toMatchObject([[[{ usage: used }]], [[{ usage: used }]]]);
  });
});

describe('a program that may not', () => {
  const refused = { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' };

  it('is told so in OpenAI’s words: without a key, with half of one, with a foreign one', async () => {
    for (const key of [null, 'skm_short', 'sk-proj-of-openai', `${API_KEY_TEXT}x`]) {
      expect(await errorOf(await complete({ key }))).toEqual(refused);
    }
    world.agent(tenant.id).revoked = true;
    expect(await errorOf(await complete())).toEqual(refused);
    expect(sent).toEqual([]);
  });

  it('learns nothing of which tenants there are', async () => {
    const wrong = await complete({ key: 'skm_short' }, byPath());
    const nowhere = await complete({}, byPath('nobody-is-here'));
    const body = await wrong.json();
    expect([nowhere.status, await nowhere.json()]).toEqual([wrong.status, body]);
  });

  it('is a member with a cookie: a page’s visitor spends no money by it', async () => {
    const cookie = await memberCookie();
    const response = await complete({ key: null, headers: { cookie, origin: tenant.url } });
    expect(await errorOf(response)).toMatchObject({ status: 403, type: 'permission_error' });
  });

  it('reaches neither keys, schedules, usage nor anything of operators with its key', async () => {
    for (const path of ['/api/keys', '/api/schedules', '/api/usage', '/api/me', '/api/socket']) {
      const response = await world.ask(`${tenant.url}${path}`, init('GET', {}));
      expect([path, response.status]).toEqual([path, 403]);
    }
    const upgrade = { upgrade: 'websocket', origin: tenant.url };
    const socket = await world.ask(`${tenant.url}/api/socket`, init('GET', { headers: upgrade }));
    expect(socket.status).toBe(403);
  });
});

describe('a refusal', () => {
  it('by a limit says when to come back, and by a long one that repeating is no use', async () => {
    const agent = world.agent(tenant.id);
    const refusal = { ok: false, message: 'Used up.', failedCalls: 0 };
    agent.admission = () => ({ ...refusal, code: 'rate_limited', retryAfterMs: 1_200 });
    const soon = await complete();
    expect([soon.headers.get('retry-after'), soon.headers.get('x-should-retry')]).toEqual([
      '2',
      null,
    ]);
    expect(await errorOf(soon)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    agent.admission = () => ({ ...refusal, code: 'budget_reached', retryAfterMs: 86_400_000 });
    const late = await complete();
    expect(late.headers.get('retry-after')).toBe('86400');
    expect(late.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(late)).toMatchObject({ status: 429, code: 'insufficient_quota' });
  });

  it('of what is no request names what is wrong', async () => {
    const cases: [unknown, number, string][] = [
      ['{', 400, 'invalid_json'],
      [{ model: 'chat' }, 400, 'invalid_request'],
      [{ ...CHAT, n: 2 }, 400, 'invalid_request'],
      [{ ...CHAT, messages: [] }, 400, 'invalid_request'],
      [{ ...CHAT, padding: 'x'.repeat(MAX_MODEL_REQUEST_BYTES) }, 413, 'payload_too_large'],
    ];
    for (const [body, status, code] of cases) {
      expect(await errorOf(await complete({ body }))).toMatchObject({ status, code });
    }
    expect(asked('admitApi')).toEqual([]);
  });

  it('of upstream’s says what was wrong with the request, or only that it failed', async () => {
    upstream = () => Response.json({ error: { message: 'Bad tools.' } }, { status: 400 });
    const response = await complete();
    expect(await response.clone().text()).toContain('Bad tools.');
    expect(await errorOf(response)).toMatchObject({ status: 400, type: 'invalid_request_error' });
    upstream = () => Response.json({ error: { message: 'key canary' } }, { status: 500 });
    const failed = await complete();
    expect(await failed.clone().text()).not.toContain('canary');
    expect(await errorOf(failed)).toMatchObject({ status: 502, type: 'server_error' });
  });

  it('on a path that is none keeps OpenAI’s shape', async () => {
    const response = await world.ask(`${byPath()}/v1/embeddings`, init('POST', { body: {} }));
    expect((await errorOf(response)).status).toBe(404);
  });
});

describe('models', () => {
  it('are listed and found by name: workloads of the key, and models of the tier', async () => {
    const list = await world.ask(`${tenant.url}/v1/models`, init('GET', {}));
    const model = { object: 'model', created: 0, owned_by: 'workers-ai' };
    const glm = { id: '@cf/zai-org/glm-4.7-flash', ...model };
    expect(await list.json()).toEqual({
      object: 'list',
      data: [{ ...model, id: 'chat', owned_by: 'streamkinetics' }, glm],
    });
    const one = await world.ask(
      `${byPath()}/v1/models/${encodeURIComponent(glm.id)}`,
      init('GET', {}),
    );
    expect(await one.json()).toEqual(glm);
    const none = await world.ask(`${tenant.url}/v1/models/gpt-4`, init('GET', {}));
    expect(await errorOf(none)).toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('keys over HTTP', () => {
  const keys = (method: string, path = '', body?: unknown): Promise<Response> =>
    world.ask(`${byPath()}/api/keys${path}`, init(method, { key: null, body }));

  it('are made with defaults, listed and revoked, with an audit entry for each change', async () => {
    const made = await keys('POST', '', { name: 'CI' });
    expect([made.status, await made.json()]).toMatchObject([
      201,
      { name: 'CI', key: API_KEY_TEXT },
    ]);
    const [, made_, body] = asked('createApiKey')[0] ?? [];
    expect(body).toEqual({
      name: 'CI',
      workloads: ['chat', 'summarize', 'monitor'],
      expiresInS: null,
    });
    const list = await (await keys('GET')).text();
    expect(list).not.toContain(API_KEY_TEXT);
    const id = API_KEY_TEXT.split('_')[1];
    expect(await (await keys('DELETE', `/${id}`)).json()).toMatchObject({ state: 'revoked' });
    const { results } = await world.env.DB.prepare(
      `SELECT action, target FROM audit WHERE tenant_id = ? AND action LIKE 'key.%' ORDER BY id`,
    )
      .bind(tenant.id)
      .all();
    expect(results).toEqual([
      { action: 'key.create', target: `key:${String(made_)}` },
      { action: 'key.revoke', target: `key:${id}` },
    ]);
  });

  it('refuse what makes no sense, in our own words', async () => {
    const bad = [
      {},
      { name: 'x', workloads: [] },
      { name: 'x', workloads: ['admin'] },
      { name: 'x', expiresInS: 1 },
    ];
    for (const body of bad) {
      const response = await keys('POST', '', body);
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: { code: 'invalid_request', requestId: expect.any(String) } },
      ]);
    }
    expect((await keys('DELETE', '/nonsense')).status).toBe(404);
  });
});
