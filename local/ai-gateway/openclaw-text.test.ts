import { describe, expect, it } from 'vitest';
import { personText } from './openclaw-text.ts';

const BLOCK =
  '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nActive exec sessions:\nnone\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>';

describe('what a person wrote in a message of OpenClaw', () => {
  it.each([
    ['plain text stays', 'Hello', 'Hello'],
    ['the time stamp goes', '[Sun 2026-11-22 09:47 UTC] Hello', 'Hello'],
    ['a stamp with an offset goes', '[Sun 2026-11-22 09:47 GMT+2] Hello', 'Hello'],
    [
      'only the first stamp goes',
      '[Sun 2026-11-22 09:47 UTC] a\n[Sun 2026-11-22 09:47 UTC] b',
      'a\n[Sun 2026-11-22 09:47 UTC] b',
    ],
    ['brackets of the user stay', '[note] Hello', '[note] Hello'],
    [
      'the runtime line goes',
      'Hello\n\nRuntime: agent=main | session=agent:main:s1 | os=Linux',
      'Hello',
    ],
    ["a user's own word Runtime stays", 'a\n\nRuntime: two hours', 'a\n\nRuntime: two hours'],
    ['an internal block is nothing of the user', BLOCK, ''],
    ['text around a block stays', `before\n${BLOCK}\nafter`, 'before\n\nafter'],
    ['a block that is not closed runs to the end', `before\n${BLOCK.slice(0, 60)}`, 'before'],
    [
      'the marker inside a line is text',
      'the <<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> marker',
      'the <<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> marker',
    ],
    [
      'a turn that is resumed after a restart is the message it resumes',
      '[Sun 2026-11-22 10:13 UTC] [Queued user message from a previous active turn; preserved as context only. Continue with the active prompt below.]\n!long 1000\n\n[System] Your previous turn was interrupted by a gateway restart while OpenClaw was waiting on tool/model work.\n\nNote: more.',
      '!long 1000',
    ],
    [
      'a turn of OpenClaw itself is nothing of the user',
      '[System] Your previous turn was interrupted.',
      '',
    ],
  ])('%s', (_case, sent, expected) => {
    expect(personText(sent)).toBe(expected);
  });
});
