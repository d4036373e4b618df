import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { SessionView } from '../../../../../contract/frames.ts';
import { Deletions } from '../deletions.svelte.ts';
import UndoToast from './UndoToast.svelte';

afterEach(cleanup);

const SESSION: SessionView = {
  id: '01JD0000000000000000000001',
  title: 'Plan the week',
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 0,
  working: false,
};

function setUp() {
  const later = vi.fn<(task: () => void, ms: number) => () => void>(() => () => {});
  const deletions = new Deletions({ remove: () => Promise.resolve(), later });
  const onundo = vi.fn<(session: SessionView) => void>();
  const { component } = render(UndoToast, { deletions, onundo });
  return { deletions, onundo, component, later };
}

test('a deletion is told where it is announced, and can be undone', async () => {
  const { deletions, onundo } = setUp();
  expect(screen.getByRole('status').textContent?.trim()).toBe('');
  deletions.add(SESSION);
  expect((await screen.findByText(/Deleted/)).textContent).toBe('Deleted “Plan the week”');
  await fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
  expect(onundo).toHaveBeenCalledExactlyOnceWith(SESSION);
  await vi.waitFor(() => expect(screen.queryByRole('button')).toBeNull());
});

test('who deleted by the keyboard finds the focus on Undo, and all the time they need', async () => {
  const { deletions, component, later } = setUp();
  deletions.add(SESSION);
  await component.focus();
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Undo' }));
  expect(later).toHaveBeenCalledOnce();
  await fireEvent.focusOut(screen.getByRole('button'));
  expect(later).toHaveBeenCalledTimes(2);
});
