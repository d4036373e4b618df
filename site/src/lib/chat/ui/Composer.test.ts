import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readDraft, writeDraft } from '../drafts.ts';
import Composer from './Composer.svelte';

const SESSION = '01JD0000000000000000000001';

beforeEach(() => sessionStorage.clear());
afterEach(cleanup);

function setUp(props: Record<string, unknown> = {}) {
  const onsend = vi.fn<(text: string) => void | Promise<void>>();
  const onstop = vi.fn<() => void>();
  const view = render(Composer, {
    sessionId: SESSION,
    working: false,
    canStop: true,
    limit: 100,
    onsend,
    onstop,
    ...props,
  });
  return { onsend, onstop, view, field: screen.getByRole<HTMLTextAreaElement>('textbox') };
}

test('Enter sends what was written and empties the field', async () => {
  const { onsend, field } = setUp();
  await fireEvent.input(field, { target: { value: ' Hello ' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect(onsend).toHaveBeenCalledExactlyOnceWith('Hello');
  await vi.waitFor(() => expect(field.value).toBe(''));
  expect(readDraft(sessionStorage, SESSION)).toBe('');
});

test('Shift+Enter and Enter of an input method send nothing', async () => {
  const { onsend, field } = setUp();
  await fireEvent.input(field, { target: { value: 'こんにちは' } });
  await fireEvent.keyDown(field, { key: 'Enter', shiftKey: true });
  await fireEvent.keyDown(field, { key: 'Enter', isComposing: true });
  expect(onsend).not.toHaveBeenCalled();
  expect(field.value).toBe('こんにちは');
});

test('nothing is sent while the field holds only blanks or too much', async () => {
  const { onsend, field } = setUp();
  const send = screen.getByRole<HTMLButtonElement>('button', { name: 'Send' });
  for (const value of ['   ', 'x'.repeat(101)]) {
    await fireEvent.input(field, { target: { value } });
    await fireEvent.keyDown(field, { key: 'Enter' });
    expect(send.disabled).toBe(true);
  }
  expect(onsend).not.toHaveBeenCalled();
  expect(screen.getByText('1 character too many')).toBeTruthy();
});

test('Stop stands in for Send while a turn is open, and a message may still be queued', async () => {
  const { onsend, onstop, field } = setUp({ working: true });
  expect(screen.queryByRole('button', { name: 'Send' })).toBeNull();
  await fireEvent.click(screen.getByRole('button', { name: 'Stop the answer' }));
  expect(onstop).toHaveBeenCalledOnce();
  await fireEvent.input(field, { target: { value: 'And then?' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect(onsend).toHaveBeenCalledExactlyOnceWith('And then?');
});

test('a message that could not be taken over stays, with the reason', async () => {
  const { field } = setUp({ onsend: () => Promise.reject(new Error('No connection.')) });
  await fireEvent.input(field, { target: { value: 'Hello' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect((await screen.findByRole('alert')).textContent).toBe('No connection.');
  expect(field.value).toBe('Hello');
});

test('a draft belongs to its session and is there on return', async () => {
  writeDraft(sessionStorage, SESSION, 'half a thought');
  const { field, view } = setUp();
  expect(field.value).toBe('half a thought');
  await view.rerender({ sessionId: null });
  expect(field.value).toBe('');
  await fireEvent.input(field, { target: { value: 'new one' } });
  await view.rerender({ sessionId: SESSION });
  expect(field.value).toBe('half a thought');
  expect(readDraft(sessionStorage, null)).toBe('new one');
});

test('what is typed while a new session is made is kept, and goes on in it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { field, view } = setUp({ sessionId: null, onsend: () => promise });
  await fireEvent.input(field, { target: { value: 'First' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect(field.value).toBe('');
  await fireEvent.input(field, { target: { value: 'Second' } });
  await view.rerender({ sessionId: SESSION });
  resolve();
  await vi.waitFor(() =>
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(false),
  );
  expect(field.value).toBe('Second');
  expect(readDraft(sessionStorage, SESSION)).toBe('Second');
  expect(readDraft(sessionStorage, null)).toBe('');
});
