import { expect, test } from 'vitest';
import { z } from 'zod';
import { ApiError, askFor, type Fetch } from './http.ts';
import { readMe } from './member-api.ts';

const answer =
  (status: number, body: unknown): Fetch =>
  () =>
    Promise.resolve(Response.json(body, { status }));
const dead: Fetch = () => Promise.reject(new TypeError('failed'));
const schema = z.object({ n: z.number() });

test('a good answer is parsed', async () => {
  expect(await askFor(answer(200, { n: 1, more: true }), schema, '/x')).toEqual({ n: 1 });
});

test('a refusal becomes its code and its words', async () => {
  const body = { error: { code: 'invite_invalid', message: 'Used.', hint: 'Ask for another.' } };
  await expect(askFor(answer(410, body), schema, '/x')).rejects.toMatchObject({
    code: 'invite_invalid',
    status: 410,
    message: 'Used.',
    hint: 'Ask for another.',
  });
});

test('an answer of another shape and a dead network are told apart', async () => {
  await expect(askFor(answer(200, { n: 'x' }), schema, '/x')).rejects.toMatchObject({
    code: 'bad_answer',
  });
  await expect(askFor(dead, schema, '/x')).rejects.toMatchObject({
    code: 'unreachable',
    status: 0,
  });
});

test('nobody signed in is no error', async () => {
  const body = { error: { code: 'unauthenticated', message: 'Sign in.' } };
  expect(await readMe(answer(401, body))).toBeNull();
  await expect(readMe(answer(500, body))).rejects.toBeInstanceOf(ApiError);
});
