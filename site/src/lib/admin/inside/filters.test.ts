import { expect, test } from 'vitest';
import type { SnapshotView } from '../../../../../contract/snapshots.ts';
import { callFilters } from './calls/call-filters.ts';
import { logFilter } from './logs/log-filter.ts';
import { logText } from './logs/log-text.ts';
import { storageOf } from './snapshots/snapshot-words.ts';

const search = (text: string): URLSearchParams => new URLSearchParams(text);

test('the calls are narrowed down by what an address says, and what it says wrongly is not asked', () => {
  expect(callFilters(search('workload=chat&outcome=failed&call=01H.x&cursor=c'))).toEqual({
    workload: 'chat',
    failed: true,
    cursor: 'c',
    call: '01H.x',
  });
  expect(callFilters(search('workload=games&outcome=ok&call=a/b'))).toEqual({
    workload: null,
    failed: false,
    cursor: null,
    call: null,
  });
});

test('so are the lines of a log', () => {
  expect(logFilter(search('level=warn&q=%20boom%20'))).toEqual({ level: 'warn', q: 'boom' });
  expect(logFilter(search(`level=loud&q=${'x'.repeat(200)}`))).toEqual({
    level: undefined,
    q: 'x'.repeat(100),
  });
});

test('lines are saved with all that is known of them', () => {
  const line = { seq: 1, generation: 3, at: 0, source: 'openclaw', level: 'warn', text: 'boom' };
  expect(logText([line as never])).toBe('1970-01-01T00:00:00.000Z g3 openclaw WARN boom\n');
});

test('what is stored counts, and what is damaged takes room as well', () => {
  const snapshot = (state: SnapshotView['state'], changed: Partial<SnapshotView> = {}) =>
    ({ state, size: 10, createdAt: 1, storedAt: 2, ...changed }) as SnapshotView;
  const all = [
    snapshot('stored', { storedAt: 9 }),
    snapshot('stored', { storedAt: null, createdAt: 4 }),
    snapshot('damaged', { size: 5, storedAt: 20 }),
    snapshot('ticketed', { size: null, storedAt: null }),
    snapshot('failed', { size: null }),
  ];
  expect(storageOf(all)).toEqual({ count: 2, bytes: 25, newestAt: 9 });
  expect(storageOf([])).toEqual({ count: 0, bytes: 0, newestAt: null });
});
