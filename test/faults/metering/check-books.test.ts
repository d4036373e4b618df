import { expect, it } from 'vitest';
import { makeUsageRow } from '../../../db/doubles/usage-row.ts';
import type { SeenAttempt } from './attempt-witness.ts';
import type { Books } from './books.ts';
import { checkBooks } from './check-books.ts';

const DAY = Date.UTC(2026, 10, 22);
const at = DAY + 3_600_000;

const seenOf = (id: string): SeenAttempt => ({
  id,
  tenantId: 'tenant-a',
  model: '@cf/zai-org/glm-4.7-flash',
  tokensIn: 10,
  tokensOut: 5,
  outcome: 'complete',
});
const rowOf = (id: string) => makeUsageRow(id, { created_at: at });
const dayOf = (day: number): Books['daily'][number] => ({
  day,
  tenant_id: 'tenant-a',
  platform: 'streamkinetics.com',
  tier: 'free',
  workload: 'chat',
  model: '@cf/zai-org/glm-4.7-flash',
  attempts: 2,
  failures: 0,
  tokens_in: 20,
  tokens_out: 10,
  tokens_cached: 0,
  cost_nano: 5_200,
});

function world() {
  const books: Books = {
    rows: [rowOf('a.1'), rowOf('b.1')],
    daily: [dayOf(DAY)],
    agents: [
      {
        tenantId: 'tenant-a',
        attempts: [
          { id: 'a.1', state: 'flushed' },
          { id: 'b.1', state: 'flushed' },
        ],
        meters: {
          minute: { start: at, calls: 2, turns: 0 },
          day: { start: DAY, tokens: 30, heldTokens: 0 },
          month: { start: Date.UTC(2026, 10), nano: 5_200, heldNano: 0, percent: 0 },
          held: 0,
        },
      },
    ],
  };
  const seen = new Map(['a.1', 'b.1'].map((id) => [id, seenOf(id)]));
  return { books, agent: books.agents[0]!, seen, repeated: [] as string[] };
}
type World = ReturnType<typeof world>;

const checksOf = (change: (one: World) => void): string[] => {
  const one = world();
  change(one);
  return checkBooks(one, one.books).map(({ check }) => check);
};

it('finds nothing where each attempt has its row and each sum is that of its rows', () => {
  expect(checksOf(() => undefined)).toEqual([]);
});

it('finds nothing in a row of zero whose attempt never went upstream', () => {
  const never = { tokens_in: 0, tokens_out: 0, cost_nano: 0, settled_by: 'not_sent' } as const;
  const checks = checksOf(({ books }) => {
    books.rows.push({ ...rowOf('c.1'), ...never });
    books.daily[0]!.attempts += 1;
  });
  expect(checks).toEqual([]);
});

it.each<[string, (one: World) => void, string]>([
  ['an attempt without a row', ({ seen }) => seen.set('c.1', seenOf('c.1')), 'lost'],
  [
    'an attempt that was marked as flushed and is nowhere',
    ({ agent }) => agent.attempts.push({ id: 'c.1', state: 'flushed' }),
    'lost',
  ],
  ['an attempt that went up twice', ({ repeated }) => repeated.push('a.1'), 'repeated'],
  ['other tokens', ({ seen }) => (seen.get('a.1')!.tokensOut = 6), 'amount'],
  ['another model', ({ seen }) => (seen.get('a.1')!.model = '@cf/openai/gpt-oss-20b'), 'amount'],
  ['another tenant', ({ seen }) => (seen.get('a.1')!.tenantId = 'tenant-b'), 'amount'],
  ['tokens of an attempt that never went up', ({ seen }) => seen.delete('a.1'), 'unfounded'],
  ['an attempt that is still open', ({ agent }) => (agent.attempts[0]!.state = 'open'), 'open'],
  ['a day with one attempt more', ({ books }) => (books.daily[0]!.attempts += 1), 'daily'],
  ['a day that is not there', ({ books }) => books.daily.splice(0), 'daily'],
  ['metered tokens', ({ agent }) => (agent.meters.day.tokens += 1), 'meters'],
  ['metered money', ({ agent }) => (agent.meters.month.nano -= 1), 'meters'],
  ['tokens that are held', ({ agent }) => (agent.meters.day.heldTokens = 7), 'meters'],
  ['money that is held', ({ agent }) => (agent.meters.month.heldNano = 7), 'meters'],
])('finds %s', (_, change, check) => {
  expect(checksOf(change)).toEqual([check]);
});

it('finds a row that is there twice, and the sums that do not know of it', () => {
  const checks = checksOf(({ books }) => books.rows.push(rowOf('a.1')));
  expect(checks).toEqual(['doubled', 'daily', 'meters', 'meters']);
});

it('finds a price that is not its model’s', () => {
  const checks = checksOf(({ books }) => (books.rows[0]!.cost_nano += 1));
  expect(checks).toEqual(['amount', 'daily', 'meters']);
});

it('holds a day’s meter against the rows of that day only', () => {
  const yesterday = { created_at: DAY - 1 };
  const checks = checksOf(({ books, agent }) => {
    books.rows[1] = { ...rowOf('b.1'), ...yesterday };
    const half = { attempts: 1, tokens_in: 10, tokens_out: 5, cost_nano: 2_600 };
    books.daily = [DAY, DAY - 86_400_000].map((day) => ({ ...dayOf(day), ...half }));
    agent.meters.day.tokens = 15;
  });
  expect(checks).toEqual([]);
});
