import { DatabaseSync } from 'node:sqlite';
import { AGENT_STATES } from '../../contract/agent.ts';
import { TIERS } from '../../contract/tiers.ts';
import { d1File } from '../faults/store-files.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const NAMES = ['harbour', 'lindqvist', 'amara', 'orchard', 'tinsmith', 'saltmarsh', 'beacon']
  .concat(['quarry', 'fernhill', 'juniper', 'millrace', 'oakfield', 'pennant', 'riverside'])
  .flatMap((name) => ['', '-studio', '-labs', '-and-sons'].map((more) => name + more));
const OPERATORS = [
  ['ada@example.com', 'person', 'admin'],
  ['grace@example.com', 'person', 'maintainer'],
  ['linus@example.com', 'person', 'viewer'],
  ['0123456789abcdef0123456789abcdef.access', 'service', 'maintainer'],
] as const;

/** The one of a list that stands for a number; every run of this draws the same picture. */
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** Books the other tenants of a system and its operators, behind the back of a Worker that does not run. */
export function bookNeighbours(stateDir: string, now: number): void {
  using books = new DatabaseSync(d1File(stateDir));
  const tenant = books.prepare(
    `INSERT INTO tenants (id, slug, platform, tier, status, limits, version, created_at, updated_at)
     VALUES (?, ?, 'streamkinetics.com', ?, ?, ?, 2, ?, ?)`,
  );
  const agent = books.prepare(
    `INSERT INTO agents (tenant_id, state, since, generation, next_due_at, applied_version, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const [n, slug] of NAMES.entries()) {
    const id = `00000000-0000-4000-9000-${String(n).padStart(12, '0')}`;
    const created = now - (n * 37 + 5) * HOUR_MS;
    const isSuspended = n % 13 === 6;
    const state = n % 3 === 0 && !isSuspended ? pick(AGENT_STATES, n / 3) : 'asleep';
    const since = now - (n * n * 7 + 1) * MINUTE_MS;
    const due = n % 17 === 9 ? now - HOUR_MS : now + DAY_MS;
    const limits = n % 9 === 4 ? '{"maxSessions":50}' : null;
    const status = isSuspended ? 'suspended' : 'active';
    tenant.run(id, slug, pick(TIERS, n), status, limits, created, created);
    // The newest has not spoken yet.
    const heard = n === 0 ? 0 : since + MINUTE_MS;
    agent.run(id, state, since, n * 3, due, n % 19 === 15 ? 1 : 2, heard);
  }
  const operator = books.prepare(
    `INSERT INTO operators (subject, kind, role, created_by, created_at) VALUES (?, ?, ?, ?, ?)`,
  );
  for (const [n, [subject, kind, role]] of OPERATORS.entries()) {
    operator.run(subject, kind, role, n === 0 ? 'local' : 'ada@example.com', now - n * 9 * DAY_MS);
  }
}
