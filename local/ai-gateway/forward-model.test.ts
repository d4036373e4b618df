import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { completionsUrl } from './forward-model.ts';
import { chat, ending, saying, startTestGateway } from './test-gateway.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A stand-in that forwards to a server which answers with `listener`. */
async function forwarding(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const modelUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startTestGateway({ modelUrl, modelName: 'tiny' });
  cleanups.push(() => gateway.close());
  return gateway;
}

const delta = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

describe('forwarding to a local model', () => {
  it('maps the model and passes the stream and its stated usage through', async () => {
    const asked: { url?: string; body: string } = { body: '' };
    const usage = { prompt_tokens: 5, completion_tokens: 2 };
    const sent = `${delta('Hi ')}${delta('there')}data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`;
    const gateway = await forwarding((req, res) => {
      asked.url = req.url;
      req.on('data', (part: Buffer) => (asked.body += part.toString()));
      req.on('end', () => res.end(sent));
    });
    const response = await chat(gateway, saying('Hello', { stream: true, temperature: 0.5 }));
    expect(await response.text()).toBe(sent);
    expect(asked.url).toBe('/v1/chat/completions');
    expect(JSON.parse(asked.body)).toMatchObject({ model: 'tiny', temperature: 0.5 });
    expect(gateway.log()).toMatchObject([{ tokens_in: 5, tokens_out: 2, success: true }]);
  });

  it('counts by itself what the model does not state', async () => {
    const body = { choices: [{ message: { role: 'assistant', content: 'one two three' } }] };
    const gateway = await forwarding((_req, res) => res.end(JSON.stringify(body)));
    expect(await (await chat(gateway, saying('Hello'))).json()).toEqual(body);
    expect(gateway.log()).toMatchObject([{ tokens_out: 3 }]);
  });

  it('passes an error of the model on, with zero tokens', async () => {
    const gateway = await forwarding((_req, res) => {
      res.statusCode = 404;
      res.end('{"error":{"message":"model not found"}}');
    });
    const response = await chat(gateway, saying('Hello'));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: { message: 'model not found' } });
    expect(gateway.log()).toMatchObject([{ status_code: 404, tokens_in: 0, tokens_out: 0 }]);
  });

  it('cuts the stream when the model breaks off, and books what came', async () => {
    const gateway = await forwarding((req, res) => {
      req.resume();
      res.write(delta('Hi'), () => res.destroy());
    });
    const ended = ending(gateway, 'fault');
    const response = await chat(gateway, saying('Hello', { stream: true }));
    await expect(response.text()).rejects.toThrow();
    expect((await ended).usage?.tokensOut).toBe(1);
  });

  it('tells the model when the client leaves', async () => {
    const left = Promise.withResolvers<void>();
    const gateway = await forwarding((req, res) => {
      req.resume();
      res.on('close', left.resolve);
      res.write(delta('Hi'));
    });
    const controller = new AbortController();
    const ended = ending(gateway, 'aborted');
    const body = saying('Hello', { stream: true });
    const response = await chat(gateway, body, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    await left.promise;
    expect((await ended).usage?.tokensOut).toBe(1);
  });

  it('answers 502 when no model is there', async () => {
    const gateway = await startTestGateway({ modelUrl: 'http://127.0.0.1:9' });
    cleanups.push(() => gateway.close());
    expect((await chat(gateway, saying('Hello'))).status).toBe(502);
  });

  it.each([
    ['http://h:1', 'http://h:1/v1/chat/completions'],
    ['http://h:1/', 'http://h:1/v1/chat/completions'],
    ['http://h:1/v1', 'http://h:1/v1/chat/completions'],
    ['http://h:1/api/v1/', 'http://h:1/api/v1/chat/completions'],
  ])('asks %s at %s', (url, expected) => {
    expect(completionsUrl(url)).toBe(expected);
  });
});
