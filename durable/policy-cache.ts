import type { Policy } from '../contract/policy.ts';
import { POLICY_IN_FORCE_WITHIN_S } from '../contract/routing.ts';
import { readActivePolicy } from '../db/queries/policies.ts';
import { openDb } from '../db/queries/open.ts';
import { readCell, writeCell } from './cells.ts';
import { atMost } from './deadline.ts';
import type { AgentDb } from './storage.ts';

export interface PolicyCacheDeps {
  db: AgentDb;
  d1: D1Database;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

/** A copy older than this is read again, in the background, ms. */
const POLICY_MAX_AGE_MS = POLICY_IN_FORCE_WITHIN_S * 1_000;

/** D1 is waited for so long when the copy is clearly old, ms: the copy is better than no answer. */
const OLD_COPY_WAIT_MS = 1_000;

/**
 * The agent's copy of the active policy. A stale copy is used while a new one is fetched; the last
 * good one stays when D1 is down.
 */
export class PolicyCache {
  readonly #deps: PolicyCacheDeps;
  #fetching: Promise<Policy> | null = null;

  constructor(deps: PolicyCacheDeps) {
    this.#deps = deps;
  }

  /** The policy to use now. Waits for D1 when there is no copy, and a moment when that is old. */
  async get(): Promise<Policy> {
    const { db, now, waitUntil } = this.#deps;
    const copy = readCell(db, 'policy');
    if (!copy) return this.refresh();
    const ageMs = now() - copy.fetchedAt;
    if (ageMs <= POLICY_MAX_AGE_MS) return copy.policy;
    const refreshed = this.refresh().catch(() => undefined);
    waitUntil(refreshed);
    // An agent that has slept for long would make its first call by a policy long gone.
    if (ageMs > 2 * POLICY_MAX_AGE_MS) await atMost(OLD_COPY_WAIT_MS, refreshed);
    return readCell(db, 'policy')?.policy ?? copy.policy;
  }

  /** Reads the active policy from D1. One read at a time. */
  refresh(): Promise<Policy> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<Policy> {
    const { db, d1, now } = this.#deps;
    const policy = await readActivePolicy(openDb(d1), now());
    writeCell(db, 'policy', { policy, fetchedAt: now() });
    return policy;
  }
}
