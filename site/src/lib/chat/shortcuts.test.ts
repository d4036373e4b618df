import { expect, test } from 'vitest';
import { shortcutOf, type ShortcutKey } from './shortcuts.ts';

const key = (changed: Partial<ShortcutKey>): ShortcutKey => ({
  key: '',
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...changed,
});
const READING = { isTyping: false, hasSingleKeys: true };

test.each([
  ['help', { key: '?', shiftKey: true }],
  ['compose', { key: '/' }],
  ['search', { code: 'KeyK', ctrlKey: true }],
  ['search', { code: 'KeyK', metaKey: true }],
  ['new', { code: 'KeyO', ctrlKey: true, shiftKey: true }],
  ['previous', { code: 'ArrowUp', altKey: true, shiftKey: true }],
  ['next', { code: 'ArrowDown', altKey: true, shiftKey: true }],
  ['copy', { code: 'KeyC', key: 'Ç', altKey: true, shiftKey: true }],
])('%s', (action, pressed) => {
  expect(shortcutOf(key(pressed), READING)).toBe(action);
});

test.each([{ key: '?' }, { key: '/' }])('%j is a letter while somebody types', (pressed) => {
  expect(shortcutOf(key(pressed), { ...READING, isTyping: true })).toBeNull();
  expect(shortcutOf(key(pressed), { ...READING, hasSingleKeys: false })).toBeNull();
});

test.each([
  { code: 'KeyK' },
  { code: 'KeyK', ctrlKey: true, altKey: true },
  { code: 'KeyK', ctrlKey: true, isComposing: true },
  { code: 'KeyC', ctrlKey: true },
  { code: 'ArrowUp' },
  { key: '?', ctrlKey: true },
])('%j is nothing of ours', (pressed) => {
  expect(shortcutOf(key(pressed), READING)).toBeNull();
});
