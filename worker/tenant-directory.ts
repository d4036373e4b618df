import { z } from 'zod';
import { tenantId } from '../contract/ids.ts';
import { addressOfHost, type TenantAddress } from '../db/queries/hostnames.ts';
import type { Db } from '../db/queries/open.ts';
import type { RecentHosts } from './recent-hosts.ts';

/** How long a location keeps what it read from KV, s. */
const KV_CACHE_TTL_S = 60;

const entry = z.object({ tenantId, region: z.string().nullable().default(null) });

/** What looking up a host touches. */
export interface DirectoryDeps {
  kv: Pick<KVNamespace, 'get' | 'put' | 'delete'>;
  /** Opened only when neither the isolate nor KV knows. */
  db(): Db;
  recentHosts: RecentHosts;
  now: number;
  /** Refuses who has asked for too many hosts: each one that is not remembered costs a look-up. */
  admitLookup(): Promise<void>;
  /** Takes what may finish after the answer. */
  later(work: Promise<unknown>): void;
}

const keyOf = (hostname: string): string => `host:${hostname}`;

/** KV is only a copy: when it fails or holds something else, D1 is asked. */
async function readCopy(deps: DirectoryDeps, hostname: string): Promise<TenantAddress | null> {
  try {
    const value = await deps.kv.get(keyOf(hostname), { type: 'json', cacheTtl: KV_CACHE_TTL_S });
    return entry.safeParse(value).data ?? null;
  } catch {
    return null;
  }
}

/** A copy that could not be written is written by the next look-up. */
function writeCopy(deps: DirectoryDeps, hostname: string, address: TenantAddress | null): void {
  const written = address
    ? deps.kv.put(keyOf(hostname), JSON.stringify(address))
    : deps.kv.delete(keyOf(hostname));
  deps.later(written.catch(() => undefined));
}

/** The tenant of a normalised host: remembered, or from KV, else from D1, which then goes to KV. */
export async function findHost(
  deps: DirectoryDeps,
  hostname: string,
): Promise<TenantAddress | null> {
  const recent = deps.recentHosts.get(hostname, deps.now);
  if (recent !== undefined) return recent;
  await deps.admitLookup();
  const copy = await readCopy(deps, hostname);
  const address = copy ?? (await addressOfHost(deps.db(), hostname));
  if (address && !copy) writeCopy(deps, hostname, address);
  deps.recentHosts.put(hostname, address, deps.now);
  return address;
}

/** The tenant of a host by D1 alone, and KV mended: for when an agent says it is not its host. */
export async function rereadHost(
  deps: DirectoryDeps,
  hostname: string,
): Promise<TenantAddress | null> {
  const address = await addressOfHost(deps.db(), hostname);
  writeCopy(deps, hostname, address);
  deps.recentHosts.put(hostname, address, deps.now);
  return address;
}

/** Removes the copies of hosts that belong to nobody any more. Fails when KV does: it is repeated. */
export async function forgetHosts(
  kv: Pick<KVNamespace, 'delete'>,
  hostnames: readonly string[],
): Promise<void> {
  await Promise.all(hostnames.map((hostname) => kv.delete(keyOf(hostname))));
}
