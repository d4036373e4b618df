import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { TenantRecord } from '../../contract/agent.ts';
import { asAppError } from '../../contract/errors.ts';
import { sandboxIdOf } from '../../contract/ids.ts';
import { openDb, type AgentDb } from '../storage.ts';
import type { AgentStub } from '../rpc.ts';
import type { TenantAgent } from '../tenant-agent.ts';

/** A point in time for tests that only compare times. */
export const NOW = 1_750_000_000_000;

/** A tenant's record with an id of its own. */
export function makeRecord(changed: Partial<TenantRecord> = {}): TenantRecord {
  return {
    id: crypto.randomUUID(),
    slug: 'acme',
    platform: 'streamkinetics.com',
    tier: 'free',
    status: 'active',
    hostnames: ['acme.localhost'],
    internet: null,
    limits: null,
    version: 1,
    ...changed,
  };
}

export interface FreshAgent {
  record: TenantRecord;
  stub: DurableObjectStub;
  /** The same agent as the edge holds it. */
  rpc: AgentStub;
  /** Runs a function beside the agent's instance, on its own SQLite. */
  inside<R>(
    run: (inside: { db: AgentDb; agent: TenantAgent; state: DurableObjectState }) => R | Promise<R>,
  ): Promise<R>;
}

/** An agent that nobody has used: its schema is there and nothing else. */
export function freshAgent(changed: Partial<TenantRecord> = {}): FreshAgent {
  const record = makeRecord(changed);
  const stub = env.TENANT_AGENT.getByName(sandboxIdOf(record.id));
  return {
    record,
    stub,
    rpc: stub as unknown as AgentStub,
    inside: (run) =>
      runInDurableObject<TenantAgent, Awaited<ReturnType<typeof run>>>(
        stub,
        (agent, state) => run({ db: openDb(state.storage), agent, state }) as never,
      ) as never,
  };
}

/** An agent that has its record. */
export async function newTenant(changed: Partial<TenantRecord> = {}): Promise<FreshAgent> {
  const fresh = freshAgent(changed);
  await fresh.rpc.apply(fresh.record);
  return fresh;
}

/**
 * The code of the AppError that a request to an agent ends with, as its caller recognises it after
 * the way over RPC. The promise of an RPC is awaited here and handed to nobody: a matcher that looks
 * at its properties would start further requests.
 */
export async function codeOf(ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask();
  } catch (error) {
    return asAppError(error)?.code ?? `no AppError: ${String(error)}`;
  }
  return null;
}
