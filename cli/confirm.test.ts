import { expect, test } from 'vitest';
import { confirm, confirmByName } from './confirm.ts';
import type { Io } from './io.ts';

const io = (answer?: string): Io =>
  (answer === undefined ? {} : { ask: () => Promise.resolve(answer) }) as Io;
const asked = { what: 'Delete snapshot 1 of acme', yes: false };
const named = { what: 'Deletes acme', name: 'acme', typed: undefined };

test.each(['y', ' YES '])('goes on when a person answers %j', async (answer) => {
  await expect(confirm(io(answer), asked)).resolves.toBeUndefined();
});

test.each(['', 'n', 'no', 'yesterday'])('stops when a person answers %j', async (answer) => {
  await expect(confirm(io(answer), asked)).rejects.toMatchObject({ code: 'confirmation_required' });
});

test('refuses where nobody is there to ask, unless it was said before', async () => {
  await expect(confirm(io(), asked)).rejects.toMatchObject({
    code: 'confirmation_required',
    hint: expect.stringContaining('--yes'),
  });
  await expect(confirm(io(), { ...asked, yes: true })).resolves.toBeUndefined();
});

test('destruction wants the name itself, typed at the terminal or given', async () => {
  await expect(confirmByName(io('acme'), named)).resolves.toBeUndefined();
  await expect(confirmByName(io(), { ...named, typed: 'acme' })).resolves.toBeUndefined();
  for (const attempt of [io('yes'), io('')]) {
    await expect(confirmByName(attempt, named)).rejects.toMatchObject({
      code: 'confirmation_required',
    });
  }
  // A wrong name that was given is not asked for again.
  await expect(confirmByName(io('acme'), { ...named, typed: 'acm' })).rejects.toThrow('not typed');
  await expect(confirmByName(io(), named)).rejects.toMatchObject({
    hint: 'Give --confirm acme to go on.',
  });
});
