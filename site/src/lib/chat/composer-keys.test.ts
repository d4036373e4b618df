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

test('the characters left are counted near the limit, and those too many beyond it', () => {
  expect(lengthNotice(7_000, 8_000)).toEqual({ count: null, over: false });
  expect(lengthNotice(7_300, 8_000)).toEqual({ count: '700 characters left', over: false });
  expect(lengthNotice(7_999, 8_000)).toEqual({ count: '1 character left', over: false });
  expect(lengthNotice(9_001, 8_000)).toEqual({ count: '1,001 characters too many', over: true });
  expect(lengthNotice(98_000, 100_000)).toEqual({ count: null, over: false });
});

test('a title is the beginning of the message, cut between words', () => {
  expect(titleFrom('  Plan\n my   week ')).toBe('Plan my week');
  const long = titleFrom(
    'Please sort all the invoices of October by supplier and then mark the odd ones',
  );
  expect(long).toBe('Please sort all the invoices of October by supplier and…');
  expect([...titleFrom('🦞'.repeat(200))].length).toBeLessThanOrEqual(61);
});
