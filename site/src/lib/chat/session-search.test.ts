import { expect, test } from 'vitest';
import type { SessionView } from '../../../../contract/frames.ts';
import { searchSessions } from './session-search.ts';

const sessions = ['Plan für die Woche', 'Weekly plan', 'Invoices', 'Розклад'].map(
  (title, n): SessionView => ({
    id: `${n}`,
    title,
    createdAt: 1,
    updatedAt: 1,
    lastSeq: 0,
    working: false,
  }),
);
const found = (typed: string): string[] =>
  searchSessions(sessions, typed).map(({ title }) => title);

test.each([
  ['plan', ['Plan für die Woche', 'Weekly plan']],
  ['PLAN week', ['Weekly plan']],
  ['fur', ['Plan für die Woche']],
  ['роз', ['Розклад']],
  ['  ', sessions.map(({ title }) => title)],
  ['nothing', []],
])('of %j these are found: %j', (typed, titles) => {
  expect(found(typed)).toEqual(titles);
});
