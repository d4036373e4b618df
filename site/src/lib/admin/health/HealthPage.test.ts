import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { HealthChecks } from '../../../../../contract/api.ts';
import HealthPage from './HealthPage.svelte';

const check = (name: string, fix: string | null = null): HealthChecks['checks'][number] => ({
  name,
  ok: fix === null,
  message: fix === null ? `${name} is well.` : 'The API key is refused.',
  fix,
  ms: 12,
});
const WELL: HealthChecks = { ok: true, versionId: null, checks: [check('d1'), check('kv')] };
const ILL: HealthChecks = {
  ok: false,
  versionId: 'v-1',
  checks: [check('d1'), check('ai-gateway', 'Check the key.')],
};

function setUp(answer: () => Promise<Response>) {
  vi.stubGlobal('fetch', vi.fn<typeof fetch>(answer));
  render(HealthPage, { loaded: WELL, release: '1.2.3', loadedAt: 1 });
}
const again = () => fireEvent.click(screen.getByRole('button', { name: 'Check again' }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('what fails is said with what to do about it, though its answer is a 503', async () => {
  setUp(() => Promise.resolve(Response.json(ILL, { status: 503 })));
  expect(screen.getByRole('status').textContent).toBe('Everything answers');
  await again();
  await vi.waitFor(() => expect(screen.getByRole('status').textContent).toBe('1 of 2 fail'));
  expect(screen.getByText('Check the key.')).toBeTruthy();
  expect(screen.getByText('Fails')).toBeTruthy();
  expect(screen.getByDisplayValue('v-1')).toBeTruthy();
});

test('a check that gets no answer leaves what was seen, and says why', async () => {
  setUp(() => Promise.reject(new TypeError('network')));
  await again();
  await vi.waitFor(() => expect(screen.getByRole('alert').textContent).toMatch(/connection/));
  expect(screen.getByRole('status').textContent).toBe('Everything answers');
  expect(screen.getByText('kv is well.')).toBeTruthy();
});
