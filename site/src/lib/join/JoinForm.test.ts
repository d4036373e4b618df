import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiError } from '../api/http.ts';
import JoinForm from './JoinForm.svelte';

afterEach(cleanup);

const enabledButton = async (): Promise<HTMLButtonElement> => {
  const button = screen.getByRole<HTMLButtonElement>('button');
  await vi.waitFor(() => expect(button.disabled).toBe(false));
  return button;
};

test('joining hands over the name, which may be empty', async () => {
  const onjoin = vi.fn<(name: string) => Promise<void>>(() => Promise.resolve());
  render(JoinForm, { onjoin });
  await fireEvent.click(await enabledButton());
  await fireEvent.input(screen.getByRole('textbox'), { target: { value: 'Ada' } });
  await fireEvent.click(await enabledButton());
  expect(onjoin.mock.calls).toEqual([[''], ['Ada']]);
});

test('two clicks use the invite once', async () => {
  const onjoin = vi.fn<(name: string) => Promise<void>>(() => new Promise(() => {}));
  render(JoinForm, { onjoin });
  const form = screen.getByRole('button').closest('form');
  if (form === null) throw new Error('there is no form');
  await fireEvent.submit(form);
  await fireEvent.submit(form);
  expect(onjoin).toHaveBeenCalledOnce();
});

test('a refusal is told and the form stays', async () => {
  render(JoinForm, {
    onjoin: () => Promise.reject(new ApiError('rate_limited', 429, 'Too many tries.')),
  });
  await fireEvent.click(await enabledButton());
  expect((await screen.findByRole('alert')).textContent).toBe('Too many tries.');
});
