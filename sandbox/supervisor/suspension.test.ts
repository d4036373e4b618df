import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { whileSuspended } from './suspension.ts';

/** A gateway that is idle or at work, and notes what it is asked. */
async function gateway(status: 'ready' | 'busy') {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => server.close());
  const asked: string[] = [];
  server.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'event', event: 'connect.challenge' }));
    socket.on('message', (data) => {
      const { id, method } = JSON.parse(String(data)) as { id: string; method: string };
      asked.push(method);
      const payload = { status, suspensionId: 's', reason: 'a run' };
      socket.send(JSON.stringify({ type: 'res', id, ok: true, payload }));
    });
  });
  const { port } = server.address() as AddressInfo;
  const halt = new AbortController();
  return { asked, halt, at: { port, token: 't', halt: halt.signal } };
}

it('lets OpenClaw go on after the work, whether it went well or not', async () => {
  const { asked, at } = await gateway('ready');
  expect(await whileSuspended(at, async () => 'done')).toBe('done');
  const failing = whileSuspended(at, () => Promise.reject(new Error('disk full')));
  await expect(failing).rejects.toThrow('disk full');
  expect(asked.filter((method) => method === 'gateway.suspend.resume')).toHaveLength(2);
});

it('is busy, and does nothing, while OpenClaw is at work', async () => {
  const { at } = await gateway('busy');
  const held = whileSuspended(at, () => Promise.reject(new Error('never reached')));
  await expect(held).rejects.toMatchObject({ code: 'snapshot_busy' });
});

it('gives the work up when OpenClaw is told to stop meanwhile', async () => {
  const { asked, at, halt } = await gateway('ready');
  const held = whileSuspended(at, async (signal) => {
    halt.abort();
    signal.throwIfAborted();
  });
  await expect(held).rejects.toMatchObject({ code: 'snapshot_busy' });
  expect(asked).not.toContain('gateway.suspend.resume');
});
