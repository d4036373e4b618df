import { writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PACE_MS, sentEvent, STREAM_CHUNKS, STREAM_END, WHOLE_ANSWER } from './completions.ts';
import { machineMs } from './machine-clock.ts';

/**
 * The model behind all three ways, in a process of its own: it answers every chat completion, at
 * whatever path, alike and at once, streamed or not. `local/ai-gateway` checks, counts tokens and
 * keeps records, which would drown what is measured. It says where it listens as workerd does.
 */
const CONTROL_FD = 3;

let calls = 0;
const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  writeSync(CONTROL_FD, `${JSON.stringify({ event: 'listen', port })}\n`);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (request.method !== 'POST' || !request.url?.endsWith('/chat/completions')) {
    response.writeHead(404).end();
    return;
  }
  const { stream } = JSON.parse(Buffer.concat(parts).toString()) as { stream?: boolean };
  calls += 1;
  response.setHeader('cf-aig-log-id', `bench-${calls}`);
  if (stream === true) return answerInChunks(response);
  response.setHeader('content-type', 'application/json');
  response.end(WHOLE_ANSWER);
}

/** Chunks at the times of a fixed timetable: a late one does not delay those after it. */
async function answerInChunks(response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'text/event-stream');
  const start = machineMs();
  for (let index = 0; index < STREAM_CHUNKS; index += 1) {
    const wait = start + index * PACE_MS - machineMs();
    if (wait > 0) await sleep(wait);
    if (response.destroyed) return;
    response.write(sentEvent(machineMs()));
  }
  response.end(STREAM_END);
}
