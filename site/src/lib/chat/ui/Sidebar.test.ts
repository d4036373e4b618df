import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { SessionView } from '../../../../../contract/frames.ts';
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

function setUp(
  onrename = vi.fn<(id: string, title: string) => Promise<void>>(),
  sessions: SessionView[] = [ONE, TWO],
) {
  const ondelete = vi.fn<(session: SessionView, byKey: boolean) => void>();
  render(Sidebar, {
    sessions,
    currentId: TWO.id,
    tenant: 'acme',
    member: 'Ada',
    known: true,
    onrename,
    ondelete,
    onhelp: () => {},
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

test('deleting tells which session, and whether a key did it', async () => {
  const { ondelete } = setUp();
  const button = screen.getByRole('button', { name: 'Delete Invoices' });
  await fireEvent.click(button, { detail: 1 });
  expect(ondelete).toHaveBeenLastCalledWith(TWO, false);
  await fireEvent.click(button, { detail: 0 });
  expect(ondelete).toHaveBeenLastCalledWith(TWO, true);
});

test('searching leaves the sessions whose titles match, and says how many', async () => {
  setUp();
  const field = screen.getByRole<HTMLInputElement>('searchbox');
  await fireEvent.input(field, { target: { value: 'week' } });
  expect(screen.queryByRole('link', { name: 'Invoices' })).toBeNull();
  expect(screen.getByText('1 session found')).toBeTruthy();
  await fireEvent.input(field, { target: { value: 'nothing' } });
  expect(screen.getByText('No title has these words.')).toBeTruthy();
  await fireEvent.keyDown(field, { key: 'Escape' });
  expect(screen.getByRole('link', { name: 'Invoices' })).toBeTruthy();
});

test('of very many sessions the newest are listed, and more on request', async () => {
  const sessions = Array.from({ length: 100 }, (_, n) => ({ ...TWO, id: `s${n}`, title: `S${n}` }));
  setUp(undefined, sessions);
  expect(screen.getAllByRole('listitem')).toHaveLength(60);
  await fireEvent.click(screen.getByRole('button', { name: 'Show 40 more' }));
  expect(screen.getAllByRole('listitem')).toHaveLength(100);
});
