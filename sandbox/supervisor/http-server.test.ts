import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { TOKEN } from './testing/supervisor-run.ts';
import { type InsideRun, makeInside } from './testing/supervisor-inside.ts';

let run: InsideRun;
beforeEach(async () => {
  run = await makeInside({});
});

async function ready(): Promise<void> {
  run.supervisor.start();
  await run.until(({ stage }) => stage === 'ready');
}

/** Sends a raw upgrade and collects what comes until `wanted` is in it or the socket ends. */
async function upgrade(
  path: string,
  authorization: string,
  { more = '', address = '203.0.113.7' }: { more?: string; address?: string } = {},
) {
  const socket = connect({ port: run.port, host: '127.0.0.1' });
  socket.setEncoding('utf8');
  let got = '';
  const ended = once(socket, 'end');
  socket.on('data', (text: string) => (got += text));
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: container\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Origin: https://elsewhere.example\r\nX-Forwarded-For: ${address}\r\nSec-WebSocket-Version: 13\r\n` +
      `Authorization: ${authorization}\r\n\r\n${more}`,
  );
  const until = async (text: string) => {
    while (!got.includes(text)) await once(socket, 'data');
    return got;
  };
  return { socket, until, ended: ended.then(() => got) };
}

describe('the port', () => {
  it.each([
    { authorization: undefined },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN.slice(1)}` },
    { authorization: TOKEN },
  ])('answers 401 to "$authorization" on every route but /healthz', async ({ authorization }) => {
    const headers: Record<string, string> = authorization ? { authorization } : {};
    for (const [method, path] of [
      ['GET', '/status'],
      ['GET', '/logs'],
      ['GET', '/processes'],
      ['POST', '/stop'],
      ['POST', '/snapshot'],
      ['GET', '/gateway'],
      ['GET', '/openclaw'],
      ['GET', '/nothing'],
    ] as const)
      expect((await fetch(run.base + path, { method, headers })).status).toBe(401);
    expect(await (await fetch(`${run.base}/healthz`)).json()).toEqual({ ok: true });
    expect(run.supervisor.board.current.stage).toBe('booting');
  });

  it.each(['/nothing', '/constructor', '/status/'])('answers 404 to %s', async (path) => {
    expect((await run.call(path)).status).toBe(404);
    expect((await run.call('/status', { method: 'DELETE' })).status).toBe(404);
  });

  it('answers the status at once, and a poll when it changes', async () => {
    const first = (await (await run.call('/status')).json()) as { rev: number };
    expect(first).toMatchObject({ protocol: 1, generation: 7, stage: 'booting', rev: 1 });
    const poll = run.call(`/status?since=${first.rev}`);
    const late = run.call(`/status?since=${first.rev + 5}`);
    expect(await (await late).json()).toMatchObject({ rev: first.rev });
    run.supervisor.board.set({ stage: 'failed' });
    expect(await (await poll).json()).toMatchObject({ rev: first.rev + 1, stage: 'failed' });
    expect((await run.call('/status?since=x')).status).toBe(400);
  });

  it('gives the log as lines and follows it', async () => {
    const entry = { at: 1, source: 'openclaw', level: 'info', msg: 'one' } as const;
    run.ring.append(entry);
    run.ring.append({ ...entry, msg: 'two' });
    expect(await (await run.call('/logs?lines=1')).text()).toBe(
      `${JSON.stringify({ seq: 2, ...entry, msg: 'two' })}\n`,
    );
    expect(await (await run.call('/logs?lines=1&after=0')).text()).toBe(
      `${JSON.stringify({ seq: 1, ...entry })}\n`,
    );
    expect(await (await run.call('/logs?after=2')).text()).toBe('');
    expect((await run.call('/logs?after=x')).status).toBe(400);
    const reader = (await run.call('/logs?follow=1&lines=0')).body!.getReader();
    run.ring.append({ ...entry, msg: `says ${TOKEN}` });
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain('says [redacted]');
    await reader.cancel();
  });

  it.each([
    { body: 'nonsense', status: 400 },
    { body: '{"id":"../../x","ticket":"t","maxBytes":1}', status: 400 },
    { body: '{"id":"01JABCDEFGHJKMNPQRSTVWXYZ0","ticket":"a\\r\\nb","maxBytes":1}', status: 400 },
    { body: '{"id":"01JABCDEFGHJKMNPQRSTVWXYZ0","ticket":"t","maxBytes":0}', status: 400 },
    { body: '{"id":"01JABCDEFGHJKMNPQRSTVWXYZ0","ticket":"t","maxBytes":9}', status: 409 },
    { body: 'x'.repeat(20_000), status: 413 },
  ])('answers $status to a snapshot request $body', async ({ body, status }) => {
    const response = await run.call('/snapshot', { method: 'POST', body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: expect.any(String) } });
  });
});

describe('/gateway', () => {
  it('refuses a socket without the token, on another path, or before OpenClaw is ready', async () => {
    expect(await (await upgrade('/gateway', 'Bearer wrong')).ended).toContain('HTTP/1.1 401');
    expect(await (await upgrade('/other', `Bearer ${TOKEN}`)).ended).toContain('HTTP/1.1 404');
    expect(await (await upgrade('/gateway', `Bearer ${TOKEN}`)).ended).toContain('HTTP/1.1 503');
    expect((await run.call('/gateway')).status).toBe(426);
  });

  it('hands OpenClaw a plain local upgrade and then every byte both ways', async () => {
    await ready();
    const { socket, until } = await upgrade('/gateway?a=b', `Bearer ${TOKEN}`, { more: 'early ' });
    const got = await until('early');
    expect(got).toContain('101 Switching Protocols');
    const seen = JSON.parse(got.slice(got.indexOf('{'), got.indexOf('}}') + 2)) as {
      url: string;
      headers: Record<string, string>;
    };
    expect(seen.url).toBe('/');
    expect(Object.keys(seen.headers).toSorted()).toEqual([
      'connection',
      'host',
      'sec-websocket-version',
      'upgrade',
    ]);
    socket.write('late');
    await until('late');
    socket.destroy();
  });

  it('ends when OpenClaw dies', async () => {
    await ready();
    const { until, ended } = await upgrade('/gateway', `Bearer ${TOKEN}`);
    await until('101');
    process.kill(run.supervisor.board.current.openclaw.pid!, 'SIGKILL');
    await ended;
  });

  it('ends towards OpenClaw when the client goes', async () => {
    await ready();
    const { socket, until, ended } = await upgrade('/gateway', `Bearer ${TOKEN}`);
    await until('101');
    socket.end();
    await ended;
  });
});

describe('/openclaw', () => {
  const bearer = `Bearer ${TOKEN}`;

  it('refuses a socket without the token or before OpenClaw is ready', async () => {
    expect(await (await upgrade('/openclaw', 'Bearer wrong')).ended).toContain('HTTP/1.1 401');
    expect(await (await upgrade('/openclaw', bearer)).ended).toContain('HTTP/1.1 503');
    expect((await run.call('/openclaw')).status).toBe(426);
  });

  it.each([
    '',
    'me',
    '203.0.113.7, 127.0.0.1',
    '127.0.0.1',
    '127.8.8.8',
    '::1',
    '::ffff:127.0.0.1',
  ])('refuses an app from "%s", whom OpenClaw might take for local', async (address) => {
    await ready();
    const { ended } = await upgrade('/openclaw', bearer, { address });
    expect(await ended).toContain('HTTP/1.1 400');
  });

  it.each(['203.0.113.7', '2001:db8::7'])(
    'tells OpenClaw that the app is remote, at %s, and nothing else of its headers',
    async (address) => {
      await ready();
      const { socket, until } = await upgrade('/openclaw', bearer, { address, more: 'early ' });
      const got = await until('early');
      const { url, headers } = JSON.parse(got.slice(got.indexOf('{'), got.indexOf('}}') + 2)) as {
        url: string;
        headers: Record<string, string>;
      };
      expect(url).toBe('/');
      expect(headers).toEqual({
        host: expect.stringMatching(/^127\.0\.0\.1:/),
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'x-forwarded-for': address,
      });
      socket.destroy();
    },
  );
});
