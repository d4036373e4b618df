import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { SessionView } from '../../../../../contract/frames.ts';
import DeleteDialog from './DeleteDialog.svelte';
import Sidebar from './Sidebar.svelte';

const ONE: SessionView = {
  id: '01JD0000000000000000000001',
  title: 'Plan the week',
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 0,
  working: true,
};
const TWO: SessionView = {
  ...ONE,
  id: '01JD0000000000000000000002',
  title: 'Invoices',
  working: false,
};

afterEach(cleanup);

function setUp(onrename = vi.fn<(id: string, title: string) => Promise<void>>()) {
  const ondelete = vi.fn<(session: SessionView) => void>();
  render(Sidebar, {
    sessions: [ONE, TWO],
    currentId: TWO.id,
    tenant: 'acme',
    member: 'Ada',
    known: true,
    onrename,
    ondelete,
    onsignout: () => {},
  });
  return { onrename, ondelete };
}

test('the open session is marked, and those at work say so', () => {
  setUp();
  expect(screen.getByRole('link', { name: 'Invoices' }).getAttribute('aria-current')).toBe('page');
  const working = screen.getByRole('link', { name: /Plan the week/ });
  expect(within(working).getByText('(working)')).toBeTruthy();
});

test('a session is renamed in place with Enter', async () => {
  const { onrename } = setUp();
  await fireEvent.click(screen.getByRole('button', { name: 'Rename Plan the week' }));
  const field = await screen.findByRole('textbox');
  await vi.waitFor(() => expect(document.activeElement).toBe(field));
  await fireEvent.input(field, { target: { value: ' Plan the month ' } });
  const isPassedOn = await fireEvent.keyDown(field, { key: 'Enter' });
  expect(isPassedOn).toBe(false);
  expect(onrename).toHaveBeenCalledExactlyOnceWith(ONE.id, 'Plan the month');
  await vi.waitFor(() => expect(screen.queryByRole('textbox')).toBeNull());
});

test('Escape leaves the old name, and so does an empty one', async () => {
  const { onrename } = setUp();
  await fireEvent.click(screen.getByRole('button', { name: 'Rename Invoices' }));
  await fireEvent.keyDown(await screen.findByRole('textbox'), { key: 'Escape' });
  await vi.waitFor(() => expect(screen.queryByRole('textbox')).toBeNull());
  await fireEvent.click(screen.getByRole('button', { name: 'Rename Invoices' }));
  const field = await screen.findByRole('textbox');
  await fireEvent.input(field, { target: { value: '  ' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect(onrename).not.toHaveBeenCalled();
});

test('a name that was refused is told', async () => {
  setUp(vi.fn(() => Promise.reject(new Error('The name is too long.'))));
  await fireEvent.click(screen.getByRole('button', { name: 'Rename Invoices' }));
  const field = await screen.findByRole('textbox');
  await fireEvent.input(field, { target: { value: 'Bills' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect((await screen.findByRole('alert')).textContent).toBe('The name is too long.');
});

test('deleting asks first', async () => {
  const { ondelete } = setUp();
  await fireEvent.click(screen.getByRole('button', { name: 'Delete Invoices' }));
  expect(ondelete).toHaveBeenCalledExactlyOnceWith(TWO);
});

test('the question names the session and deletes only on its own button', async () => {
  const ondelete = vi.fn<(id: string) => Promise<void>>(() => Promise.resolve());
  const onclose = vi.fn<() => void>();
  render(DeleteDialog, { session: TWO, ondelete, onclose });
  const dialog = await screen.findByRole('alertdialog');
  expect(within(dialog).getByText('Invoices')).toBeTruthy();
  expect(ondelete).not.toHaveBeenCalled();
  await fireEvent.click(within(dialog).getByRole('button', { name: 'Delete' }));
  expect(ondelete).toHaveBeenCalledExactlyOnceWith(TWO.id);
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
});
