import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiError } from '../../../api/http.ts';
import ForceDialog from './ForceDialog.svelte';

afterEach(cleanup);

function setUp(why: string | null, answer: () => Promise<unknown> = () => Promise.resolve()) {
  const onconfirm = vi.fn<(isForced: boolean) => Promise<unknown>>(answer);
  const onclose = vi.fn<() => void>();
  render(ForceDialog, {
    open: true,
    title: 'Restart this agent?',
    verb: 'Restart',
    force: { why, cost: 'What is unsaved is lost.' },
    children: createRawSnippet(() => ({ render: () => '<p>It wakes again.</p>' })),
    onconfirm,
    onclose,
  });
  return { onconfirm, onclose };
}

const button = (name: RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });
const check = () => fireEvent.click(screen.getByRole('checkbox', { name: /Force it/ }));

test('where nothing stands in the way, force is offered and not needed', async () => {
  const { onconfirm, onclose } = setUp(null);
  await fireEvent.click(button(/^Restart$/));
  expect(onconfirm).toHaveBeenCalledExactlyOnceWith(false);
  await vi.waitFor(() => expect(onclose).toHaveBeenCalledOnce());
});

test('where something does, it is said, and only a second choice goes on', async () => {
  const { onconfirm } = setUp('2 turns are open.');
  expect(screen.getByText('2 turns are open.')).toBeTruthy();
  expect(button(/^Restart$/).disabled).toBe(true);
  await check();
  await fireEvent.click(button(/^Force: restart$/));
  expect(onconfirm).toHaveBeenCalledExactlyOnceWith(true);
});

test('a refusal is said, and the dialog stays', async () => {
  const refused = new ApiError('conflict', 409, 'A turn is open.', 'Stop it.');
  const { onclose } = setUp(null, () => Promise.reject(refused));
  await fireEvent.click(button(/^Restart$/));
  await vi.waitFor(() =>
    expect(screen.getByRole('alert').textContent.trim()).toBe('A turn is open. Stop it.'),
  );
  expect(onclose).not.toHaveBeenCalled();
});
