import { expect, test } from 'vitest';
import { usageQuestion } from './usage-address.ts';

const NOW = Date.UTC(2026, 10, 22, 23, 59);
const read = (search: string) =>
  usageQuestion(new URL(`http://localhost/admin/usage${search}`), NOW);

test('the last 30 days of everything are asked for when nothing is said', () => {
  expect(read('')).toEqual({
    from: '2026-10-24',
    to: '2026-11-22',
    range: '30d',
    filters: {},
    outcome: null,
    cursor: null,
  });
});

test('a range has a name or days, and days count', () => {
  expect(read('?range=today')).toMatchObject({ from: '2026-11-22', to: '2026-11-22' });
  expect(read('?range=7d')).toMatchObject({ from: '2026-11-16', range: '7d' });
  const days = { from: '2026-11-01', to: '2026-11-03', range: null };
  expect(read('?range=7d&from=2026-11-01&to=2026-11-03')).toMatchObject(days);
});

test.each([
  '?range=toString',
  '?from=2026-11-03&to=2026-11-01',
  '?from=x&to=y',
  '?from=2026-11-01',
])('what is said wrongly is as if it were not said: %s', (search) =>
  expect(read(search)).toEqual(read('')),
);

test('filters are those that are known, and have a value', () => {
  const { filters, outcome, cursor } = read(
    '?tenant=acme&model=a%2Fb&tier=&x=1&outcome=cut&cursor=9.z',
  );
  expect([filters, outcome, cursor]).toEqual([{ tenant: 'acme', model: 'a/b' }, 'cut', '9.z']);
});
