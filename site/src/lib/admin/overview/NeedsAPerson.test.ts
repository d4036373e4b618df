import { cleanup, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { Attention } from '../../../../../contract/attention.ts';
import NeedsAPerson from './NeedsAPerson.svelte';

const NOW = Date.UTC(2026, 10, 23, 10);
const NOTHING: Attention = {
  failed: { count: 0, entries: [] },
  overdue: { count: 0, entries: [] },
  pending: { count: 0, entries: [] },
  budget: { count: 0, entries: [] },
  deleting: { count: 0, entries: [] },
};
const acme = { tenantId: 't', slug: 'acme' };

function show(attention: Partial<Attention>) {
  vi.useFakeTimers({ now: NOW });
  return render(NeedsAPerson, { attention: { ...NOTHING, ...attention } });
}

/** The part of the list that begins with a title. */
function part(title: string) {
  const found = screen.getByRole('heading', { name: title }).closest('li');
  if (found === null) throw new Error(`${title} is in no list`);
  return within(found);
}

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test('nothing that waits is said calmly, and no list is there', () => {
  show({});
  expect(screen.getByRole('heading', { name: 'Nothing needs a person' })).toBeTruthy();
  expect(screen.queryByRole('list')).toBeNull();
});

test('agents lead to their pages and tenants to theirs, the worst first', () => {
  const since = NOW - 3_600_000;
  show({
    budget: {
      count: 1,
      entries: [{ ...acme, kind: 'budget_80', at: since, usedNano: 1, limitNano: 5e9 }],
    },
    failed: { count: 1, entries: [{ ...acme, since }] },
    pending: { count: 1, entries: [{ ...acme, since, version: 4, appliedVersion: 3 }] },
  });
  const titles = screen.getAllByRole('heading', { level: 3 }).map((one) => one.textContent);
  expect(titles).toEqual([
    '1 agent has failed',
    '1 change is pending',
    '1 budget is nearly or wholly used',
  ]);
  const hrefOf = (title: string) =>
    part(title).getByRole('link', { name: 'acme' }).getAttribute('href');
  expect(hrefOf('1 agent has failed')).toBe('/admin/agents/acme');
  expect(hrefOf('1 change is pending')).toBe('/admin/tenants/acme');
  expect(part('1 agent has failed').getByText('1 hour ago')).toBeTruthy();
  expect(part('1 change is pending').getByText(/has version 3 of 4,/)).toBeTruthy();
  expect(part('1 budget is nearly or wholly used').getByText(/80% of \$5.00,/)).toBeTruthy();
});

test('what is too much to be named is counted, with the way to all of it', () => {
  show({ failed: { count: 21, entries: [{ ...acme, since: NOW }] } });
  const all = part('21 agents have failed').getByRole('link', { name: 'All 21' });
  expect(all.getAttribute('href')).toBe('/admin/tenants?state=failed');
});
