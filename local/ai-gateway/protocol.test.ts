import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAiGateway, type AiGateway } from './index.ts';
import {
  chat,
  ending,
  getLogs,
  GATEWAY,
  MODEL,
  saying,
  startTestGateway,
  type CompletionBody,
  type LogBody,
  type LoggedCall,
} from './test-gateway.ts';

let gateway: AiGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.clearRequests());

const read = { type: 'function', function: { name: 'read', parameters: { type: 'object' } } };

async function events(response: Response): Promise<string[]> {
  const lines = (await response.text()).split('\n\n').filter(Boolean);
  return lines.map((line) => line.replace(/^data: /, ''));
}

describe('a chat completion', () => {
  it('comes as one object, with a log id and usage', async () => {
    const response = await chat(gateway, saying('Hello'));
    expect(response.status).toBe(200);
    expect(response.headers.get('cf-aig-cache-status')).toBe('MISS');
    const body = await response.json<CompletionBody>();
    expect(body).toMatchObject({ object: 'chat.completion', model: MODEL });
    expect(body).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    const { usage } = body;
    expect(usage.prompt_tokens_details.cached_tokens).toBe(0);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    const id = response.headers.get('cf-aig-log-id');
    const { result } = await (await getLogs(gateway, `/${id}`)).json<LogBody<LoggedCall>>();
    expect(result).toMatchObject({
      provider: 'workers-ai',
      model: MODEL,
      success: true,
      status_code: 200,
      cached: false,
      tokens_in: usage.prompt_tokens,
      tokens_out: usage.completion_tokens,
    });
  });

  it('streams the role, the text, the finish reason and [DONE], and usage only when asked', async () => {
    const response = await chat(gateway, saying('Hello', { stream: true }));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const plain = await events(response);
    expect(plain.at(-1)).toBe('[DONE]');
    const chunks = plain.slice(0, -1).map((data) => JSON.parse(data));
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true);

    const stream_options = { include_usage: true };
    const asked = await events(
      await chat(gateway, saying('Hello', { stream: true, stream_options })),
    );
    const last = JSON.parse(asked.at(-2) ?? '');
    expect(last.choices).toEqual([]);
    expect(last.usage.completion_tokens).toBe(gateway.requests().at(-1)?.usage?.tokensOut);
    expect(asked.length).toBe(plain.length + 1);
  });

  it('streams a tool call with its arguments in several pieces', async () => {
    const text = '!tool read {"path":"a/long/path/to/notes.md"}';
    const response = await chat(gateway, saying(text, { stream: true, tools: [read] }));
    const chunks = (await events(response)).slice(0, -1).map((data) => JSON.parse(data));
    const deltas = chunks.flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'read' } });
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.map((delta) => delta.function.arguments).join('')).toBe(
      '{"path":"a/long/path/to/notes.md"}',
    );
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls');
  });

  it('that its client leaves is logged with what was emitted up to then', async () => {
    const slow = await startTestGateway({ tokensPerSecond: 200 });
    try {
      const controller = new AbortController();
      const aborted = ending(slow, 'aborted');
      const body = saying('!long 5000', { stream: true });
      const response = await chat(slow, body, { signal: controller.signal });
      const reader = response.body?.getReader();
      for (let chunk = 0; chunk < 5; chunk += 1) await reader?.read();
      controller.abort();
      const { usage, logId, emitted } = await aborted;
      expect(usage?.tokensOut).toBeGreaterThanOrEqual(1);
      expect(usage?.tokensOut).toBeLessThan(2_000);
      expect(emitted).toMatch(/^Sentence 1/);
      const { result } = await (await getLogs(slow, `/${logId}`)).json<LogBody<LoggedCall>>();
      expect(result).toMatchObject({
        success: false,
        tokens_in: usage?.tokensIn,
        tokens_out: usage?.tokensOut,
      });
    } finally {
      await slow.close();
    }
  });
});

describe('a request is refused', () => {
  it.each([
    ['without a key', { authorization: undefined }, 401],
    ['with a wrong key', { authorization: 'Bearer key-2' }, 401],
  ])('%s, in the envelope of Cloudflare', async (_case, headers, status) => {
    const response = await chat(gateway, saying('x'), { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      result: null,
      success: false,
      errors: [{ code: 10_000, message: 'Authentication error' }],
      messages: [],
    });
  });

  it.each([
    ['for another account', {}, 'other', 404],
    ["for another's account id", {}, '0123456789abcdef0123456789abcdef', 403],
    ['without a gateway id', { 'cf-aig-gateway-id': undefined }, undefined, 400],
    ['for another gateway', { 'cf-aig-gateway-id': 'other' }, undefined, 400],
    ['with metadata that is no object', { 'cf-aig-metadata': '[1]' }, undefined, 400],
    ['with nested metadata', { 'cf-aig-metadata': '{"a":{}}' }, undefined, 400],
    ['with six attempts', { 'cf-aig-max-attempts': '6' }, undefined, 400],
    ['with a flag that is none', { 'cf-aig-skip-cache': 'yes' }, undefined, 400],
    ['with a time-out that is none', { 'cf-aig-request-timeout': '-1' }, undefined, 400],
  ])('%s', async (_case, headers, accountId, status) => {
    const response = await chat(gateway, saying('x'), { headers, ...(accountId && { accountId }) });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false });
    expect(gateway.requests()).toMatchObject([{ outcome: 'refused', logId: null, status }]);
  });

  it('with six metadata entries, saying what Cloudflare would do', async () => {
    const metadata = JSON.stringify({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 });
    const headers = { 'cf-aig-metadata': metadata };
    const response = await chat(gateway, saying('x'), { headers });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('silently drop');
  });

  it.each([
    ['for a model of another provider', saying('x', { model: 'openai/gpt-5.5' }), 400],
    ['for a retired model', saying('x', { model: '@cf/meta/llama-3.1-8b-instruct' }), 410],
    ['without messages', { model: MODEL, messages: [] }, 400],
    ['with a role that is none', { model: MODEL, messages: [{ role: 'bot', content: 'x' }] }, 400],
    ['with a body that is not JSON', '{', 400],
  ])('%s, in the shape of OpenAI', async (_case, body, status) => {
    const response = await chat(gateway, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('when its body is too large', async () => {
    const response = await chat(gateway, saying('x'.repeat(17 * 1024 * 1024)));
    expect(response.status).toBe(413);
  });

  it('leaving no log entry when no model was reached', async () => {
    const before = gateway.log().length;
    await chat(gateway, saying('x'), { headers: { authorization: 'Bearer no' } });
    await chat(gateway, saying('x'), { headers: { 'cf-aig-metadata': '{' } });
    expect(gateway.log().length).toBe(before);
    await chat(gateway, saying('x', { model: '@cf/meta/llama-3.1-8b-instruct' }));
    expect(gateway.log().at(-1)).toMatchObject({ status_code: 410, tokens_in: 0, tokens_out: 0 });
  });
});

describe('the stand-in', () => {
  it('listens on loopback only', async () => {
    const identity = { accountId: 'a', gatewayId: 'g', apiKeys: ['k'] };
    await expect(startAiGateway({ ...identity, host: '0.0.0.0' })).rejects.toThrow('loopback');
  });

  it('keeps a call out of the log when told to, and then gives no log id', async () => {
    const before = gateway.log().length;
    const headers = { 'cf-aig-collect-log': 'false' };
    const response = await chat(gateway, saying('x'), { headers });
    expect(response.headers.get('cf-aig-log-id')).toBeNull();
    expect(gateway.log().length).toBe(before);
  });

  it('answers an unknown path as Cloudflare does', async () => {
    const response = await fetch(`${gateway.url}/accounts/x/${GATEWAY}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ code: 7003 }] });
  });
});
