import { expect, test } from 'vitest';
import { changeWords } from './change-words.ts';
import { breakdownCsv, callsCsv, csvOf } from './download.ts';

test('a value with a comma, a quote or a line break is quoted', () => {
  expect(csvOf([['a,b', 'say "x"', 'two\nlines', 3, null, '']])).toBe(
    '"a,b","say ""x""","two\nlines",3,,\r\n',
  );
});

const sums = { attempts: 2, failures: 1, tokensIn: 30, tokensOut: 4, tokensCached: 5, costNano: 6 };

test('each line of the sums says what it is a sum of', () => {
  const group = (key: string, label = key) => [{ key, label, ...sums }];
  const text = breakdownCsv({
    from: '2026-11-01',
    to: '2026-11-02',
    totals: sums,
    system: null,
    asOf: null,
    days: group('2026-11-01'),
    models: group('@cf/a/b'),
    tenants: group('id-1', 'acme'),
    workloads: [],
    platforms: [],
    tiers: [],
    tenantCount: 1,
    previous: { from: '2026-10-30', to: '2026-10-31', totals: sums },
  });
  expect(text.trimEnd().split('\r\n')).toEqual([
    'by,key,label,attempts,failures,tokensIn,tokensOut,tokensCached,costNano',
    'day,2026-11-01,2026-11-01,2,1,30,4,5,6',
    'model,@cf/a/b,@cf/a/b,2,1,30,4,5,6',
    'tenant,id-1,acme,2,1,30,4,5,6',
  ]);
});

test('no calls are no lines', () => expect(callsCsv([])).toBe(''));

test('a change is said against the time before', () => {
  const before = 'the 7 days before';
  expect([changeWords(112, 100, before), changeWords(50, 100, before)]).toEqual([
    '12% more than in the 7 days before',
    '50% less than in the 7 days before',
  ]);
  expect(changeWords(1_001, 1_000, before)).toContain('less than 1% more');
  expect([changeWords(5, 0, before), changeWords(0, 0, before)]).toEqual([
    'none in the 7 days before',
    'the same as in the 7 days before',
  ]);
});
