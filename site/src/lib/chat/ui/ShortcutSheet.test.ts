import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSingleKeys, SHORTCUTS } from '../shortcuts.ts';
import ShortcutSheet from './ShortcutSheet.svelte';

beforeEach(() => localStorage.clear());
afterEach(cleanup);

test('the sheet opens on request, lists every shortcut and closes', async () => {
  const { component } = render(ShortcutSheet, { singleKeys: true });
  const sheet = document.querySelector('dialog');
  expect(sheet?.open).toBe(false);
  component.open();
  expect(sheet?.open).toBe(true);
  for (const { does } of SHORTCUTS) expect(screen.getByText(does)).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Close' }));
  expect(sheet?.open).toBe(false);
});

test('shortcuts of one key can be switched off, and stay off', async () => {
  const { component } = render(ShortcutSheet, { singleKeys: true });
  component.open();
  await fireEvent.click(screen.getByRole('checkbox'));
  expect(readSingleKeys(localStorage)).toBe(false);
  await fireEvent.click(screen.getByRole('checkbox'));
  expect(readSingleKeys(localStorage)).toBe(true);
});
