import { costNano } from '../../../contract/models.ts';
import type { UsageRow } from '../../../contract/usage.ts';
import type { AttemptWitness, SeenAttempt } from './attempt-witness.ts';
import type { Books } from './books.ts';
import { differingDays, differingMeters } from './check-sums.ts';

/** The invariants that are checked, as the report names them. */
export const CHECKS = {
  lost: 'an attempt that went upstream, or that an agent has flushed, has a row in D1',
  doubled: 'no attempt has two rows',
  repeated: 'no attempt goes upstream twice',
  amount: 'a row has the tenant, model, tokens and cost of its attempt',
  unfounded: 'a row of an attempt that never went upstream is a zero',
  open: 'no agent keeps an attempt that is not in D1',
  daily: 'the sums of a day are those of its rows',
  meters: 'what an agent has metered is what its rows say, and it holds nothing',
} as const;
export type Check = keyof typeof CHECKS;

export interface Failure {
  check: Check;
  what: string;
}

/** Compares what was booked with what went upstream, and the sums with their rows. */
export function checkBooks(
  { seen, repeated }: Pick<AttemptWitness, 'seen' | 'repeated'>,
  books: Books,
): Failure[] {
  const rows = Map.groupBy(books.rows, ({ id }) => id);
  const failures: Failure[] = [];
  const fail = (check: Check, what: string): void => void failures.push({ check, what });

  for (const id of repeated) fail('repeated', `${id} went up more than once`);
  for (const attempt of seen.values()) {
    const { id, outcome, tokensIn, tokensOut } = attempt;
    const row = rows.get(id)?.[0];
    const used = `${tokensIn}+${tokensOut} tokens (${outcome})`;
    if (!row) fail('lost', `${id} used ${used}, and has no row`);
    else if (!isSame(row, attempt)) fail('amount', `${id} used ${used}, and is ${told(row)}`);
  }
  for (const [id, [row, ...others]] of rows) {
    if (others.length > 0) fail('doubled', `${id} has ${others.length + 1} rows`);
    if (row && !seen.has(id) && !isZero(row))
      fail('unfounded', `${id} never went upstream, and is ${told(row)}`);
  }
  for (const { attempts } of books.agents)
    for (const { id, state } of attempts) {
      if (state !== 'flushed') fail('open', `${id} is still ${state}`);
      else if (!rows.has(id) && !seen.has(id)) fail('lost', `${id} is flushed, and has no row`);
    }
  for (const what of differingDays(books)) fail('daily', what);
  for (const agent of books.agents)
    for (const what of differingMeters(agent, books.rows)) fail('meters', what);
  return failures;
}

function isSame(row: UsageRow, { tenantId, model, tokensIn, tokensOut }: SeenAttempt): boolean {
  const cost = costNano(model, { tokensIn, tokensOut, tokensCached: 0 });
  return (
    row.tenant_id === tenantId &&
    row.model === model &&
    row.tokens_in === tokensIn &&
    row.tokens_out === tokensOut &&
    row.cost_nano === cost
  );
}

const isZero = (row: UsageRow): boolean => row.tokens_in + row.tokens_out + row.cost_nano === 0;
const told = (row: UsageRow): string =>
  `booked as ${row.tokens_in}+${row.tokens_out} tokens and ${row.cost_nano} (${row.settled_by})`;
