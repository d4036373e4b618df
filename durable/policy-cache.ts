import type { Policy } from '../contract/policy.ts';
import { POLICY_IN_FORCE_WITHIN_S } from '../contract/routing.ts';
import { readActivePolicy } from '../db/queries/policies.ts';
import { openDb } from '../db/queries/open.ts';
import { readCell, writeCell } from './cells.ts';
import type { AgentDb } from './storage.ts';

export interface PolicyCacheDeps {
  db: AgentDb;
  d1: D1Database;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

/** A copy older than this is read again, in the background, ms. */
const POLICY_MAX_AGE_MS = POLICY_IN_FORCE_WITHIN_S * 1_000;

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

  /** The policy to use now. Waits for D1 only when there is no copy at all. */
  async get(): Promise<Policy> {
    const { db, now, waitUntil } = this.#deps;
    const copy = readCell(db, 'policy');
    if (!copy) return this.refresh();
    if (now() - copy.fetchedAt > POLICY_MAX_AGE_MS)
      waitUntil(this.refresh().catch(() => undefined));
    return copy.policy;
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
