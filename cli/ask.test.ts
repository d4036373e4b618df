import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askAtTerminal } from './ask.ts';

/** What is answered by these keys, the end of the input after them when `hangsUp`. */
function answerOf(keys: string, hangsUp = false): Promise<string> {
  const input = new PassThrough();
  const output = new PassThrough();
  output.once('data', () => {
    input.write(keys);
    if (hangsUp) input.end();
  });
  return askAtTerminal('Delete it? ', { input, output });
}

test('gives the line that was typed', async () => {
  expect(await answerOf('yes\r')).toBe('yes');
});

test.each([
  ['Ctrl-C', 'y\u0003', false],
  ['Ctrl-D', '\u0004', false],
  ['hanging up', 'y', true],
])('%s answers nothing', async (_, keys, hangsUp) => {
  expect(await answerOf(keys, hangsUp)).toBe('');
});
