// @vitest-environment node
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { localEdge } from './local-edge.ts';

test('the edge is asked on this machine under the name that the page has, whatever it is', async () => {
  const server = createServer((request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    const { host, cookie } = request.headers;
    request.on('data', (part) =>
      response.end(JSON.stringify([host, cookie, request.url, String(part)])),
    );
    if (request.method === 'GET') response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const edge = localEdge((server.address() as AddressInfo).port);
  const url = 'http://demo.localhost:5173/api/me?x=1';
  const answer = await edge.fetch(
    new Request(url, { method: 'POST', body: 'hello', headers: { cookie: 'c=3' } }),
  );
  expect(await answer.json()).toEqual(['demo.localhost:5173', 'c=3', '/api/me?x=1', 'hello']);
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect((await edge.fetch(new Request(url))).status).toBe(204);
  server.close();
});
