import { expect, test } from 'vitest';
import { titleIn } from './title-words.ts';

test.each([
  ['Plan for the week', 'Plan for the week'],
  ['"Plan for the week."', 'Plan for the week'],
  ['## **Title: Plan for the week**\n\nBecause you asked.', 'Plan for the week'],
  ['<think>They want a title.\nHm.</think>\n\n  Plan   for the week \n', 'Plan for the week'],
  ['「週の計画」', '週の計画'],
  ['Plan\u202e for\u0007 it', 'Plan for it'],
  ['What now?', 'What now?'],
])('of %j the title is %j', (answer, title) => {
  expect(titleIn(answer)).toBe(title);
});

test.each(['', '  \n\n', '"""', '<think>It never ends'])('%j holds no title', (answer) => {
  expect(titleIn(answer)).toBeNull();
});

test('a title that is too long ends at a word', () => {
  expect(titleIn('word '.repeat(40))).toBe(`${'word '.repeat(11).trimEnd()}…`);
  expect([...(titleIn('語'.repeat(200)) ?? '')]).toHaveLength(60);
});
