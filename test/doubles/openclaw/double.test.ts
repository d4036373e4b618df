import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { standingOf } from '../../../durable/openclaw-history.ts';
import { TestGateway, type Client } from './test-gateway.ts';
import { TRANSCRIPT_FILE } from './transcript.ts';

const KEY = 'agent:main:s';
const RUN = 'run-1';

let gateway: TestGateway;
let client: Client;

beforeEach(async () => {
  gateway = await TestGateway.start();
  client = await gateway.client();
});
afterEach(() => gateway.close());

const send = (idempotencyKey = RUN, message = 'hello') =>
  client.call('chat.send', { sessionKey: KEY, message, idempotencyKey });
const history = (from = client) => from.call('chat.history', { sessionKey: KEY, limit: 200 });
const standing = async (run = RUN) => standingOf(await history(), run);

async function answer(text: string): Promise<void> {
  const call = await gateway.models.take();
  call.say(text);
  call.done();
  await client.chat('final');
}

it('a turn streams to its final, and its history carries the key of the message', async () => {
  await client.call('sessions.patch', { key: KEY, model: 'platform/monitor' });
  expect(await send()).toEqual({ runId: RUN, status: 'started' });
  const call = await gateway.models.take();
  expect(call.body.model).toBe('monitor');
  expect(call.headers.session_id).toMatch(/^[0-9a-f-]{36}:0$/);
  call.say('Hel');
  expect(await client.chat('delta')).toMatchObject({ runId: RUN, deltaText: 'Hel' });
  expect(await standing()).toEqual({ kind: 'running', runId: RUN, text: 'Hel' });
  call.say('lo');
  call.done();
  expect(await client.chat('final')).toMatchObject({
    stopReason: 'stop',
    message: { content: [{ type: 'text', text: 'Hello' }] },
  });
  expect(await standing()).toEqual({ kind: 'answered', text: 'Hello' });
});

it('the same key again starts nothing, and tells how its run stands', async () => {
  await send();
  expect(await send()).toMatchObject({ status: 'in_flight' });
  await answer('done');
  expect(await send()).toMatchObject({ status: 'ok' });
  await send('run-2');
  await gateway.models.take();
  await client.call('chat.abort', { sessionKey: KEY });
  expect(await send('run-2')).toMatchObject({ status: 'timeout' });
});

it('a message that comes while a run is on is steered into it, and its own run ends empty', async () => {
  await send();
  const first = await gateway.models.take();
  await send('run-2', 'and this');
  expect(await client.chat('final')).toEqual({
    runId: 'run-2',
    sessionKey: KEY,
    seq: 1,
    state: 'final',
  });
  first.say('one ');
  first.done();
  const second = await gateway.models.take();
  expect(second.body.messages.map(({ content }) => content)).toContain('and this');
  second.say('two');
  second.done();
  const text = 'one two';
  expect(await client.chat('final')).toMatchObject({
    runId: RUN,
    message: { content: [{ text }] },
  });
});

it('an abort leaves the model and keeps what was said', async () => {
  await send();
  const call = await gateway.models.take();
  call.say('Hel');
  await client.chat('delta');
  expect(await client.call('chat.abort', { sessionKey: KEY })).toMatchObject({ runIds: [RUN] });
  await call.left;
  expect(await client.chat('aborted')).toMatchObject({ message: { content: [{ text: 'Hel' }] } });
  expect(await standing()).toEqual({ kind: 'aborted', text: 'Hel' });
});

it('a refusal of the model is final, and told twice', async () => {
  await send();
  (await gateway.models.take()).refuse(400, 'Daily limit reached.');
  for (const _ of [1, 2])
    expect(await client.chat('error')).toMatchObject({ errorMessage: 'Daily limit reached.' });
  expect(await standing()).toEqual({ kind: 'failed', message: 'Daily limit reached.' });
});

it('a cut stream and a failing model are asked again', async () => {
  await send();
  const first = await gateway.models.take();
  first.say('half an');
  await client.chat('delta');
  first.cut();
  (await gateway.models.take()).refuse(500, 'busy');
  await answer('the answer');
  expect(await standing()).toEqual({ kind: 'answered', text: 'the answer' });
});

it('a killed turn is resumed after the boot, under another run and with a message of its own', async () => {
  await send();
  const first = await gateway.models.take();
  first.say('half');
  await client.chat('delta');
  await gateway.end('SIGKILL');
  await gateway.boot();
  client = await gateway.client();
  expect(await standing()).toEqual({ kind: 'interrupted' });
  await client.call('sessions.messages.subscribe', { key: KEY });
  const again = await gateway.models.take();
  expect(again.body.messages.at(-2)?.content).toMatch(/^\[System\] Your previous turn was interr/);
  again.say('whole');
  const delta = await client.chat('delta');
  expect(delta.runId).not.toBe(RUN);
  expect(await standing()).toMatchObject({ kind: 'running', runId: delta.runId });
  again.done();
  await client.chat('final');
  expect(await standing()).toEqual({ kind: 'answered', text: 'whole' });
});

it('while suspended it takes no other request, and it is not suspended in a turn', async () => {
  await send();
  const call = await gateway.models.take();
  const prepare = () => client.call('gateway.suspend.prepare', { requestId: 'r' });
  expect(await prepare()).toMatchObject({ status: 'busy' });
  call.done();
  await client.chat('final');
  const { status, suspensionId } = await prepare();
  expect(status).toBe('ready');
  expect(await send('run-2')).toEqual({ refused: 'UNAVAILABLE' });
  expect(await history()).toEqual({ refused: 'UNAVAILABLE' });
  await client.call('gateway.suspend.resume', { suspensionId });
  expect(await send('run-2')).toMatchObject({ status: 'started' });
});

it('a wrong token, a missing scope and an unknown method are refused', async () => {
  const stranger = await gateway.dial();
  expect(await stranger.connect('guess')).toEqual({ refused: 'INVALID_REQUEST' });
  await stranger.closed;
  const reader = await gateway.dial();
  await reader.connect(undefined, ['operator.read']);
  const refused = { refused: 'INVALID_REQUEST' };
  expect(await reader.call('sessions.delete', { key: KEY })).toEqual(refused);
  expect(await client.call('chat.nonsense')).toEqual(refused);
});

it('a note can be put into a transcript, and the next turn knows it', async () => {
  await send();
  await answer('Hello');
  await client.call('chat.inject', { sessionKey: KEY, message: 'a note' });
  await send('run-2');
  const call = await gateway.models.take();
  expect(call.body.messages).toContainEqual({ role: 'assistant', content: 'a note' });
});

it('a deleted session leaves nothing in its database', async () => {
  await send();
  await answer('Hello');
  await client.call('sessions.delete', { key: KEY });
  expect(await history()).toMatchObject({ messages: [] });
});

it('SIGTERM waits for the run that is on, and leaves a sound database', async () => {
  await send();
  const call = await gateway.models.take();
  const ended = gateway.end('SIGTERM');
  call.say('the end');
  call.done();
  expect(await ended).toBe(0);
  using database = new DatabaseSync(join(gateway.stateDir, TRANSCRIPT_FILE), { readOnly: true });
  expect(database.prepare('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
  expect(database.prepare('SELECT text FROM messages').all()).toEqual([
    { text: 'hello' },
    { text: 'the end' },
  ]);
});
