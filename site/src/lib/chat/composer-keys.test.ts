import { expect, test } from 'vitest';
import { composerAction, lengthNotice, titleFrom } from './composer-keys.ts';

const enter = { key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13 };

test('Enter sends, Shift+Enter and every other key do not', () => {
  expect(composerAction(enter)).toBe('send');
  expect(composerAction({ ...enter, shiftKey: true })).toBe('none');
  expect(composerAction({ ...enter, key: 'a' })).toBe('none');
});

test('Enter belongs to the input method while it composes, in Safari too', () => {
  expect(composerAction({ ...enter, isComposing: true })).toBe('none');
  expect(composerAction({ ...enter, keyCode: 229 })).toBe('none');
});

test('the count appears near the limit and says when it is passed', () => {
  expect(lengthNotice(10, 8_000)).toEqual({ count: null, over: false });
  expect(lengthNotice(7_000, 8_000)).toEqual({ count: '7,000 / 8,000', over: false });
  expect(lengthNotice(8_001, 8_000)).toEqual({ count: '8,001 / 8,000', over: true });
});

test('a title is the beginning of the message, cut between words', () => {
  expect(titleFrom('  Plan\n my   week ')).toBe('Plan my week');
  const long = titleFrom(
    'Please sort all the invoices of October by supplier and then mark the odd ones',
  );
  expect(long).toBe('Please sort all the invoices of October by supplier and…');
  expect([...titleFrom('🦞'.repeat(200))].length).toBeLessThanOrEqual(61);
});
