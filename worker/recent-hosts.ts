import type { TenantAddress } from '../db/queries/hostnames.ts';
import { ShortMemory } from './short-memory.ts';

/**
 * How long what is known of a host is remembered, ms: a tenant made meanwhile is reached this much
 * later, and of one that moved the agent says so itself.
 */
export const RECENT_HOST_MS = 10_000;
/** Hosts remembered at a time, so that made-up names cannot fill the isolate's memory. */
export const MAX_RECENT_HOSTS = 2_000;

/**
 * Whose hosts were, or that they were nobody's, remembered for a moment in this isolate only: KV is
 * asked once for many requests, and names that belong to nobody are never written to it.
 */
export class RecentHosts {
  readonly #hosts = new ShortMemory<TenantAddress | null>(MAX_RECENT_HOSTS);

  /** The tenant of a host, null for nobody's, undefined for one that is not remembered. */
  get(hostname: string, now: number): TenantAddress | null | undefined {
    return this.#hosts.get(hostname, now)?.value;
  }

  put(hostname: string, address: TenantAddress | null, now: number): void {
    this.#hosts.put(hostname, { value: address, until: now + RECENT_HOST_MS });
  }

  /** Forgets a host that has just been given to a tenant. */
  delete(hostname: string): void {
    this.#hosts.delete(hostname);
  }
}
