import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Client } from './client.ts';
import { STREAM_CHUNKS } from './completions.ts';
import { bareSubject, startUpstream } from './bare.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function clientOf(port: number): Client {
  const client = new Client(bareSubject(port), { connections: 1 });
  ends.push(() => client.close());
  return client;
}

async function clientOfServer(answer: RequestListener): Promise<Client> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  return clientOf((server.address() as AddressInfo).port);
}

test('the upstream answers whole and in chunks that tell when each was sent', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skm-bench-upstream-'));
  ends.push(() => rm(dir, { recursive: true }));
  const upstream = await startUpstream(join(dir, 'upstream.log'));
  ends.push(() => upstream.stop());
  const client = clientOf(upstream.port);

  expect((await client.call()).ms).toBeGreaterThan(0);
  const { firstMs, chunkMs, gapMs } = await client.stream();
  expect(firstMs).toBeGreaterThan(0);
  expect(gapMs).toHaveLength(STREAM_CHUNKS - 1);
  // Nobody gets a chunk before it is sent: sender and client read one clock.
  expect(Math.min(...chunkMs)).toBeGreaterThan(0);
});

test('an answer that is no success ends the measurement', async () => {
  const client = await clientOfServer((_, response) => response.writeHead(503).end('{"busy":1}'));
  await expect(client.call()).rejects.toThrow('503: {"busy":1}');
});

test('an answer without usage ends the measurement', async () => {
  const client = await clientOfServer((_, response) => response.end('{"choices":[]}'));
  await expect(client.call()).rejects.toThrow('without usage');
});

test('a stream that is cut short ends the measurement', async () => {
  const client = await clientOfServer((_, response) => response.end('data: {"choices":[]}\n\n'));
  await expect(client.stream()).rejects.toThrow('[DONE]');
});
