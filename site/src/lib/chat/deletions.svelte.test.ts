import { expect, test, vi } from 'vitest';
import type { SessionView } from '../../../../contract/frames.ts';
import { Deletions, UNDO_MS } from './deletions.svelte.ts';

const session = (id: string): SessionView => ({
  id,
  title: `Title ${id}`,
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 0,
  working: false,
});

function setUp(remove = vi.fn<(id: string) => Promise<void>>(() => Promise.resolve())) {
  const tasks: { run: () => void; ms: number; isOff: boolean }[] = [];
  const deletions = new Deletions({
    remove,
    later: (run, ms) => {
      const task = { run, ms, isOff: false };
      tasks.push(task);
      return () => (task.isOff = true);
    },
  });
  /** The time of all that is still on runs out. */
  const pass = (): void => tasks.splice(0).forEach((task) => task.isOff || task.run());
  return { deletions, remove, tasks, pass };
}

test('nothing is deleted before its time is over, and then it is', () => {
  const { deletions, remove, tasks, pass } = setUp();
  deletions.add(session('a'));
  expect(deletions.isHidden('a')).toBe(true);
  expect(tasks[0]?.ms).toBe(UNDO_MS);
  expect(remove).not.toHaveBeenCalled();
  pass();
  expect(remove).toHaveBeenCalledExactlyOnceWith('a');
  expect(deletions.isHidden('a')).toBe(true);
});

test('what is undone is back and is never deleted', () => {
  const { deletions, remove, pass } = setUp();
  deletions.add(session('a'));
  expect(deletions.undo()?.id).toBe('a');
  pass();
  expect(deletions.isHidden('a')).toBe(false);
  expect(remove).not.toHaveBeenCalled();
});

test('the next deletion ends the time of the one before', () => {
  const { deletions, remove } = setUp();
  deletions.add(session('a'));
  deletions.add(session('b'));
  expect(remove).toHaveBeenCalledExactlyOnceWith('a');
  expect(deletions.pending?.id).toBe('b');
});

test('the time stands still while somebody is at the button', () => {
  const { deletions, remove, pass } = setUp();
  deletions.add(session('a'));
  deletions.hold();
  pass();
  expect(remove).not.toHaveBeenCalled();
  deletions.resume();
  pass();
  expect(remove).toHaveBeenCalledOnce();
});

test('a session that could not be deleted is back, with the reason', async () => {
  const { deletions, pass } = setUp(vi.fn(() => Promise.reject(new Error('No connection.'))));
  deletions.add(session('a'));
  pass();
  await vi.waitFor(() =>
    expect(deletions.failure).toBe('“Title a” was not deleted. No connection.'),
  );
  expect(deletions.isHidden('a')).toBe(false);
});
