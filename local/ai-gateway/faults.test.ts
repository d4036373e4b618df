import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AiGateway, FaultRule } from './index.ts';
import {
  chat,
  ending,
  getLogs,
  saying,
  startTestGateway,
  type LogBody,
  type LoggedCall,
} from './test-gateway.ts';

let gateway: AiGateway;
beforeEach(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.close());

const streamed = saying('Hello', { stream: true });
const control = (path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${gateway.port}/__local/${path}`, init);
const post = (path: string, body: unknown, headers = {}) =>
  control(path, { method: 'POST', body: JSON.stringify(body), headers });

describe('a fault', () => {
  it('answers a status once, logged with zero tokens', async () => {
    const fault = { kind: 'status', status: 429, retryAfter: 7, body: { error: 'busy' } } as const;
    gateway.addFault({ fault });
    const response = await chat(gateway, saying('x'));
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual({ error: 'busy' });
    expect(gateway.log()).toMatchObject([{ status_code: 429, tokens_in: 0, tokens_out: 0 }]);
    expect((await chat(gateway, saying('x'))).status).toBe(200);
  });

  it('meets only the requests that it matches', async () => {
    const match = { tenant: 't1', workload: 'chat', stream: false };
    gateway.addFault({ match, times: null, fault: { kind: 'status', status: 500 } });
    const status = async (tenant: string, body = saying('x')) => {
      const metadata = JSON.stringify({ tenant, workload: 'chat' });
      return (await chat(gateway, body, { headers: { 'cf-aig-metadata': metadata } })).status;
    };
    expect(await status('t1')).toBe(500);
    expect(await status('t2')).toBe(200);
    expect(await status('t1', streamed)).toBe(200);
    expect(await status('t1')).toBe(500);
    gateway.clearFaults();
    expect(await status('t1')).toBe(200);
  });

  it('is tried again as often as the request allows, each time a log entry', async () => {
    gateway.addFault({ times: 2, fault: { kind: 'status', status: 503 } });
    const headers = { 'cf-aig-max-attempts': '3' };
    expect((await chat(gateway, saying('x'), { headers })).status).toBe(200);
    expect(gateway.log().map((entry) => entry.status_code)).toEqual([503, 503, 200]);
  });

  it('closes the connection before an answer', async () => {
    gateway.addFault({ fault: { kind: 'close_before' } });
    await expect(chat(gateway, saying('x'))).rejects.toThrow('fetch failed');
    expect(gateway.requests()).toMatchObject([{ outcome: 'fault', fault: 'close_before' }]);
  });

  it('hangs before the first byte until the client leaves', async () => {
    gateway.addFault({ fault: { kind: 'hang_before' } });
    const ended = ending(gateway, 'fault');
    const arrived = ending(gateway, 'open');
    const controller = new AbortController();
    const response = chat(gateway, saying('x'), { signal: controller.signal });
    await arrived;
    controller.abort();
    await expect(response).rejects.toThrow('aborted');
    expect(await ended).toMatchObject({ usage: { tokensIn: 0, tokensOut: 0 } });
  });

  it('that hangs is ended by the time-out to the first byte', async () => {
    gateway.addFault({ fault: { kind: 'hang_before' } });
    const headers = { 'cf-aig-request-timeout': '30' };
    const response = await chat(gateway, saying('x'), { headers });
    expect(response.status).toBe(408);
    expect(gateway.log()).toMatchObject([{ status_code: 408, tokens_in: 0 }]);
  });

  it('delays the first byte', async () => {
    gateway.addFault({ fault: { kind: 'delay', ms: 60 } });
    const started = performance.now();
    expect((await chat(gateway, saying('x'))).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });

  it('cuts a stream after some chunks, and logs what was emitted', async () => {
    gateway.addFault({ fault: { kind: 'cut', afterChunks: 3 } });
    const response = await chat(gateway, streamed);
    const received = await drain(response);
    expect(received.complete).toBe(false);
    expect(received.text.match(/data: /g)).toHaveLength(3);
    const [request] = gateway.requests();
    expect(request).toMatchObject({ outcome: 'fault', emitted: 'I am' });
    expect(request?.usage?.tokensOut).toBe(2);
    const { result } = await (
      await getLogs(gateway, `/${request?.logId}`)
    ).json<LogBody<LoggedCall>>();
    expect(result).toMatchObject({ success: false, tokens_out: 2 });
  });

  it('hangs within a stream until the client leaves', async () => {
    gateway.addFault({ fault: { kind: 'hang_within', afterChunks: 2 } });
    const ended = ending(gateway, 'fault');
    const controller = new AbortController();
    const response = await chat(gateway, streamed, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    expect((await ended).usage?.tokensOut).toBe(1);
  });

  it('puts a broken event into a stream', async () => {
    gateway.addFault({ fault: { kind: 'malformed', afterChunks: 1 } });
    const text = await (await chat(gateway, streamed)).text();
    const second = text.split('\n\n')[1]?.replace('data: ', '') ?? '';
    expect(() => JSON.parse(second)).toThrow(SyntaxError);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it.each([
    ['cut', false],
    ['malformed', true],
  ] as const)('%s breaks a whole answer, whose tokens count', async (kind, complete) => {
    gateway.addFault({ fault: { kind, afterChunks: 0 } });
    const received = await drain(await chat(gateway, saying('x')));
    expect(received.complete).toBe(complete);
    expect(() => JSON.parse(received.text)).toThrow(SyntaxError);
    expect(gateway.log()[0]?.tokens_out).toBeGreaterThan(10);
  });
});

describe('the control endpoints', () => {
  it('arm, list and drop faults', async () => {
    const rule: FaultRule = { times: null, fault: { kind: 'status', status: 500 } };
    expect((await post('faults', rule)).status).toBe(200);
    const armed = { ...rule, id: 1 };
    expect(await (await control('faults')).json()).toEqual({ faults: [armed] });
    expect((await chat(gateway, saying('x'))).status).toBe(500);
    await control('faults', { method: 'DELETE' });
    expect((await chat(gateway, saying('x'))).status).toBe(200);
    expect((await post('faults', { fault: { kind: 'explode' } })).status).toBe(400);
  });

  it('show what was received without the key, by number and tenant', async () => {
    for (const tenant of ['t1', 't2']) {
      const headers = { 'cf-aig-metadata': JSON.stringify({ tenant }) };
      await chat(gateway, saying(`I am ${tenant}`), { headers });
    }
    const answer = await control('requests?since=1&tenant=t2');
    const text = await answer.text();
    expect(text).not.toContain('key-1');
    const { requests } = JSON.parse(text);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      seq: 2,
      outcome: 'complete',
      metadata: { tenant: 't2' },
      body: saying('I am t2'),
    });
    expect(requests[0].emitted).toContain('“I am t2”');
    await control('requests', { method: 'DELETE' });
    expect(gateway.requests()).toEqual([]);
  });

  it('take the whole gateway down, with a status or by closing', async () => {
    await post('down', { down: true });
    expect((await chat(gateway, saying('x'))).status).toBe(503);
    expect((await getLogs(gateway)).status).toBe(503);
    await post('down', { down: true, mode: 'close' });
    await expect(chat(gateway, saying('x'))).rejects.toThrow('fetch failed');
    await post('down', { down: false });
    expect((await chat(gateway, saying('x'))).status).toBe(200);
    expect(gateway.log()).toHaveLength(1);
  });

  it('switch the log look-up', async () => {
    await post('log-lookup', { available: false });
    expect((await getLogs(gateway)).status).toBe(503);
  });

  it('are closed to a page in a browser', async () => {
    const origin = { origin: 'http://evil.example' };
    expect((await post('down', { down: true }, origin)).status).toBe(403);
    expect((await chat(gateway, saying('x'))).status).toBe(200);
  });
});

async function drain(response: Response): Promise<{ text: string; complete: boolean }> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const next = await reader?.read();
      if (!next || next.done) return { text, complete: true };
      text += decoder.decode(next.value, { stream: true });
    }
  } catch {
    return { text, complete: false };
  }
}
