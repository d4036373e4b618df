import { expect, it } from 'vitest';
import { standingOf } from './openclaw-history.ts';

const TURN = '01JD0000000000000000000000';
const user = (turn = TURN) => ({
  role: 'user',
  content: [{ type: 'text', text: 'hi' }],
  idempotencyKey: `${turn}:user`,
});
const assistant = (stopReason: string, text: string, more: object = {}) => ({
  role: 'assistant',
  content: [{ type: 'text', text }],
  stopReason,
  __openclaw: { runId: TURN },
  ...more,
});
const toolResult = { role: 'toolResult', content: [{ type: 'text', text: 'file' }] };
const standing = (messages: object[], inFlightRun?: object) =>
  standingOf({ messages, inFlightRun }, TURN);

it('a message that OpenClaw does not have is absent', () => {
  expect(standing([])).toEqual({ kind: 'absent' });
  expect(standing([user('another'), assistant('stop', 'answer to another')])).toEqual({
    kind: 'absent',
  });
  expect(standingOf('no history', TURN)).toEqual({ kind: 'absent' });
});

it('a run that is on is followed, whatever its id, with all it has said', () => {
  expect(standing([user()], { runId: 'resumed', text: 'Hel', startedAt: 1, events: [] })).toEqual({
    kind: 'running',
    runId: 'resumed',
    text: 'Hel',
  });
  expect(standing([user()], { runId: 'resumed' })).toMatchObject({ text: '' });
});

it('a run of another turn is not taken for this one’s', () => {
  expect(standing([user('another')], { runId: 'another', text: 'x' })).toEqual({ kind: 'absent' });
});

it('the last answer after the message counts, past the tool calls between', () => {
  const messages = [
    user('before'),
    assistant('stop', 'older'),
    user(),
    assistant('toolUse', 'let me look'),
    toolResult,
    assistant('stop', 'here it is'),
  ];
  expect(standing(messages)).toEqual({ kind: 'answered', text: 'here it is' });
  expect(standing([user(), assistant('length', 'cut sho')])).toEqual({
    kind: 'answered',
    text: 'cut sho',
  });
});

it('an answer before the message is not its answer', () => {
  expect(standing([assistant('stop', 'older'), user()])).toEqual({ kind: 'interrupted' });
});

it('a run that died on a tool call is interrupted', () => {
  expect(standing([user(), assistant('toolUse', 'let me look'), toolResult])).toEqual({
    kind: 'interrupted',
  });
});

it('a stopped run is aborted with what it has said, however OpenClaw notes it', () => {
  expect(standing([user(), assistant('aborted', 'Hel')])).toEqual({ kind: 'aborted', text: 'Hel' });
  const noted = assistant('stop', 'Hel', { openclawAbort: { at: 1 } });
  expect(standing([user(), noted])).toEqual({ kind: 'aborted', text: 'Hel' });
});

it('a failed run tells why', () => {
  expect(standing([user(), assistant('error', 'Daily limit reached.')])).toEqual({
    kind: 'failed',
    message: 'Daily limit reached.',
  });
  const silent = assistant('error', '', { errorMessage: '400 bad request' });
  expect(standing([user(), silent])).toEqual({ kind: 'failed', message: '400 bad request' });
  const half = assistant('error', 'Half an ans', { errorMessage: 'The model went away.' });
  expect(standing([user(), half])).toEqual({ kind: 'failed', message: 'The model went away.' });
  expect(standing([user(), assistant('error', '')])).toMatchObject({
    message: 'The agent failed.',
  });
});
