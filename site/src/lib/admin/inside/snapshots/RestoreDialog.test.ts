import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { SnapshotView } from '../../../../../../contract/snapshots.ts';
import { ApiError } from '../../../api/http.ts';
import RestoreDialog from './RestoreDialog.svelte';

const SNAPSHOT: SnapshotView = {
  id: '01JD0000000000000000000001',
  kind: 'manual',
  state: 'stored',
  size: 10,
  sha256: null,
  generation: 1,
  createdAt: 1,
  storedAt: 2,
  current: false,
};

afterEach(cleanup);

function setUp(onrestore: (id: string, force: boolean) => Promise<unknown>) {
  const onclose = vi.fn<() => void>();
  render(RestoreDialog, { snapshot: SNAPSHOT, slug: 'acme', onrestore, onclose });
  const go = screen.getByRole<HTMLButtonElement>('button', { name: 'Restore' });
  const type = (text: string) =>
    fireEvent.input(screen.getByRole('textbox'), { target: { value: text } });
  return { onclose, go, type };
}

test('nothing is restored before the tenant’s name is typed, and by force only when that was chosen', async () => {
  const onrestore = vi.fn<(id: string, force: boolean) => Promise<void>>().mockResolvedValue();
  const { onclose, go, type } = setUp(onrestore);
  await type('acm');
  expect(go.disabled).toBe(true);
  const form = go.closest('form');
  if (form) await fireEvent.submit(form);
  expect(onrestore).not.toHaveBeenCalled();
  await type('acme');
  expect(go.disabled).toBe(false);
  await fireEvent.click(screen.getByRole('checkbox'));
  if (form) await fireEvent.submit(form);
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(onrestore.mock.calls).toEqual([[SNAPSHOT.id, true]]);
});

test('a refusal is said, and the dialog stays', async () => {
  const { onclose, go, type } = setUp(() =>
    Promise.reject(new ApiError('conflict', 409, 'A turn is open.')),
  );
  await type('acme');
  const form = go.closest('form');
  if (form) await fireEvent.submit(form);
  await screen.findByText('A turn is open.');
  expect(onclose).not.toHaveBeenCalled();
});
