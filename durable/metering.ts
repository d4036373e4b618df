import type { TenantRecord } from '../contract/agent.ts';
import type { RoutingTestResult } from '../contract/api.ts';
import type { RouteRequest } from '../contract/policy.ts';
import { aiGateway } from './ai-gateway.ts';
import { setDue, setDueBy } from './due.ts';
import type { AgentEnv } from './env.ts';
import {
  admit,
  hastenLookups,
  nextLookupAt,
  retry,
  settle,
  type Admission,
  type AdmitInput,
  type LedgerContext,
  type SettleInput,
} from './ledger.ts';
import { FLUSH_DELAY_MS, flushOutbox, sweepAttempts } from './outbox.ts';
import type { LogEntry } from './log.ts';
import type { PolicyCache } from './policy-cache.ts';
import { testRoute } from './route-test.ts';
import type { AgentDb } from './storage.ts';

export interface MeteringDeps {
  db: AgentDb;
  env: AgentEnv;
  policy: PolicyCache;
  record(): TenantRecord;
  /** The generation of the sandbox that is, or was last. */
  generation(): number;
  log(entry: LogEntry): void;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

/** The agent's ledger with its follow-ups: every commit that needs a sweep or a flush writes it. */
export class Metering {
  readonly #deps: MeteringDeps;

  constructor(deps: MeteringDeps) {
    this.#deps = deps;
  }

  async admit(input: AdmitInput): Promise<Admission> {
    const admission = admit(await this.#context(), input);
    this.#schedule();
    return admission;
  }

  async retry(
    ended: SettleInput,
    input: Pick<AdmitInput, 'requestBytes' | 'requestedMaxTokens'>,
  ): Promise<Admission> {
    const admission = retry(await this.#context(), ended, input);
    this.#schedule();
    return admission;
  }

  settle(input: SettleInput): { failedCalls: number } {
    const { db, now, log } = this.#deps;
    const { failedCalls, settled } = settle({ db, now: now() }, input);
    const { attemptId, outcome } = input;
    if (!settled) log({ level: 'info', msg: 'settled before', attemptId, outcome });
    this.#schedule();
    return { failedCalls };
  }

  /** The due step `flush`: the outbox goes to D1. */
  async flush(): Promise<number> {
    const { db, env, record, now } = this.#deps;
    const { flushed, more } = await flushOutbox({ db, d1: env.DB, tenantId: record().id, now });
    if (more) setDueBy(db, 'flush', '', now());
    return flushed;
  }

  /** The due step `sweep`: attempts without usage are looked up. */
  async sweep(): Promise<void> {
    const { db, env, now } = this.#deps;
    const { booked, nextAt } = await sweepAttempts({ db, gateway: aiGateway(env), now });
    if (booked > 0) setDueBy(db, 'flush', '', now());
    if (nextAt !== null) setDue(db, 'sweep', '', nextAt);
  }

  /** For an operator: what can be settled is settled now, and goes to D1. */
  async flushNow(): Promise<number> {
    hastenLookups(this.#deps.db, this.#deps.now());
    await this.sweep();
    return this.flush();
  }

  test(request: RouteRequest): Promise<RoutingTestResult> {
    const { db, env, waitUntil, now } = this.#deps;
    return testRoute(
      {
        admit: (input) => this.admit(input),
        retry: (ended, input) => this.retry(ended, input),
        settle: async (input) => this.settle(input),
        fetch: (upstream, signal) => fetch(upstream, { signal }),
        gateway: aiGateway(env),
        waitUntil,
        now,
      },
      db,
      request,
    );
  }

  async #context(): Promise<LedgerContext> {
    const { db, policy, record, now } = this.#deps;
    return {
      db,
      record: record(),
      policy: await policy.get(),
      generation: this.#deps.generation(),
      now: now(),
    };
  }

  #schedule(): void {
    const { db, now } = this.#deps;
    setDueBy(db, 'flush', '', now() + FLUSH_DELAY_MS);
    const lookupAt = nextLookupAt(db);
    if (lookupAt !== null) setDueBy(db, 'sweep', '', lookupAt);
  }
}
