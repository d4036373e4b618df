import type { AllowanceView } from '../contract/allowance.ts';
import type { TenantRecord } from '../contract/agent.ts';
import type { RoutingTestResult } from '../contract/api.ts';
import type { SessionView } from '../contract/frames.ts';
import type { BudgetView } from '../contract/notices.ts';
import type { RouteRequest } from '../contract/policy.ts';
import { limitsOf } from '../contract/tiers.ts';
import { insertNotice } from '../db/queries/notices.ts';
import { openDb as openD1 } from '../db/queries/open.ts';
import { admit, retry } from './admit.ts';
import { aiGateway } from './ai-gateway.ts';
import { writeCell } from './cells.ts';
import { setDue, setDueBy } from './due.ts';
import type { AgentEnv } from './env.ts';
import {
  FIRST_LOOKUP_MS,
  MAX_ATTEMPT_MS,
  SWEEP_MARGIN_MS,
  type Admission,
  type AdmitInput,
  type LedgerContext,
  type RetryInput,
  type SettleInput,
} from './ledger.ts';
import { reasonOf, type LogEntry } from './log.ts';
import { hastenLookups } from './lookups.ts';
import { readMeters } from './meter-reading.ts';
import { nameSession } from './session-names.ts';
import type { RelayDeps } from './model-call.ts';
import { budgetOf, budgetPercent, todayOf } from './meters.ts';
import { FLUSH_DELAY_MS, flushOutbox, sweepAttempts } from './outbox.ts';
import type { PolicyCache } from './policy-cache.ts';
import { testRoute } from './route-test.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';

export interface MeteringDeps {
  db: AgentDb;
  env: AgentEnv;
  policy: PolicyCache;
  record(): TenantRecord;
  /** The generation of the sandbox that is, or was last. */
  generation(): number;
  /** The month's budget has come to a notice, or back from one. */
  budgetChanged(budget: BudgetView): void;
  /** A call of a turn is settled. */
  turnUsed(turnId: string): void;
  log(entry: LogEntry): void;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

/** The agent's ledger with its follow-ups: every commit that needs a sweep or a flush writes it. */
export class Metering {
  readonly #deps: MeteringDeps;
  /** When the steps that are written down are due at the latest, so that not every call asks. */
  #flushBy = Number.POSITIVE_INFINITY;
  #sweepBy = Number.POSITIVE_INFINITY;

  constructor(deps: MeteringDeps) {
    this.#deps = deps;
  }

  async admit(input: AdmitInput): Promise<Admission> {
    const ctx = await this.#context();
    const admission = admit(ctx, input);
    if (admission.ok) this.#sweepAt(ctx.now + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS);
    return admission;
  }

  async retry(ended: SettleInput, input: RetryInput): Promise<Admission> {
    const ctx = await this.#context();
    const admission = retry(ctx, ended, input);
    this.#sweepAt(ctx.now + FIRST_LOOKUP_MS);
    this.#followUp(ctx.now);
    return admission;
  }

  /** Settles attempts, each for itself: what is wrong with one keeps no other from being settled. */
  settleAll(ends: readonly SettleInput[]): void {
    for (const end of ends) {
      try {
        this.settle(end);
      } catch (error) {
        const { attemptId } = end;
        this.#deps.log({ level: 'error', msg: 'not settled', attemptId, error: reasonOf(error) });
      }
    }
  }

  /** Settles an attempt; answers how many calls of its turn have failed by now. */
  settle(input: SettleInput): { failedCalls: number } {
    const { db, now, log, turnUsed } = this.#deps;
    const at = now();
    const { failedCalls, state, turnId } = settle({ db, now: at }, input);
    const { attemptId, outcome } = input;
    if (state === 'before') log({ level: 'info', msg: 'settled before', attemptId, outcome });
    if (state === 'unsettled') this.#sweepAt(at + FIRST_LOOKUP_MS);
    if (state === 'final' && turnId !== null) turnUsed(turnId);
    this.#followUp(at);
    return { failedCalls };
  }

  /** The due step `flush`: the outbox goes to D1. */
  async flush(): Promise<number> {
    const { db, env, record, now } = this.#deps;
    this.#flushBy = Number.POSITIVE_INFINITY;
    const { flushed, more } = await flushOutbox({ db, d1: env.DB, tenantId: record().id, now });
    if (more) setDueBy(db, 'flush', '', now());
    return flushed;
  }

  /** The due step `sweep`: attempts without usage are looked up. */
  async sweep(): Promise<void> {
    const { db, env, now, turnUsed } = this.#deps;
    this.#sweepBy = Number.POSITIVE_INFINITY;
    const { booked, nextAt } = await sweepAttempts({ db, gateway: aiGateway(env), now, turnUsed });
    if (booked > 0) {
      setDueBy(db, 'flush', '', now());
      this.watchBudget();
    }
    if (nextAt === null) return;
    setDue(db, 'sweep', '', nextAt);
    this.#sweepBy = nextAt;
  }

  /** For an operator: what can be settled is settled now, and goes to D1. */
  async flushNow(): Promise<number> {
    hastenLookups(this.#deps.db, this.#deps.now());
    await this.sweep();
    return this.flush();
  }

  async test(request: RouteRequest): Promise<RoutingTestResult> {
    const { db, policy } = this.#deps;
    return testRoute({ ...this.#relay(), db, policy: await policy.get() }, request);
  }

  /** Asks for a session's title; answers the session when it has one now. */
  async nameSession(sessionId: string): Promise<SessionView | null> {
    const { db } = this.#deps;
    return nameSession({ ...this.#relay(), db }, sessionId);
  }

  /** What the agent's own calls are made with. */
  #relay(): RelayDeps {
    const { env, waitUntil, now } = this.#deps;
    return {
      admit: (input) => this.admit(input),
      retry: (ended, input) => this.retry(ended, input),
      settle: (input) => Promise.resolve(this.settle(input)),
      fetch: (url, init) => fetch(url, init),
      gateway: aiGateway(env),
      waitUntil,
      now,
    };
  }

  /** How far the month's budget is used. */
  budget(): BudgetView {
    const { db, record, now } = this.#deps;
    return budgetOf(readMeters(db, now()), limitsOf(record()));
  }

  /** What may be used, and what is used of it in the windows that are. */
  allowance(): AllowanceView {
    const { db, record, now } = this.#deps;
    const at = now();
    const limits = limitsOf(record());
    const meters = readMeters(db, at);
    return { limits, today: todayOf(meters), budget: budgetOf(meters, limits), at };
  }

  /** Tells members and operators, once, when the month's budget comes to a notice. */
  watchBudget(): void {
    const { db, record, now, budgetChanged } = this.#deps;
    const meter = readMeters(db, now());
    const percent = budgetPercent(meter, limitsOf(record()));
    const { start, percent: before } = meter.month;
    if (percent === before) return;
    writeCell(db, 'meters', { ...meter, month: { ...meter.month, percent } });
    if (percent > before) setDue(db, 'notice', `${start}:${percent}`, now());
    budgetChanged(this.budget());
  }

  /** The due step `notice`: operators are told in D1, once for each month and percentage. */
  async notify(key: string): Promise<void> {
    const { env, record, now } = this.#deps;
    const { id: tenantId } = record();
    const { month, usedNano, limitNano } = this.budget();
    const [start, percent] = key.split(':').map(Number);
    // A month that is over has nothing left to be told of.
    if (start !== month) return;
    await insertNotice(openD1(env.DB), {
      id: `${tenantId}:${key}`,
      tenantId,
      kind: percent === 100 ? 'budget_100' : 'budget_80',
      data: { month, usedNano, limitNano },
      at: now(),
    });
  }

  async #context(): Promise<LedgerContext> {
    const { db, policy, record, generation, now } = this.#deps;
    const inForce = await policy.get();
    // Read after the await: the tenant may have been suspended, or the sandbox replaced, in it.
    return { db, policy: inForce, record: record(), generation: generation(), now: now() };
  }

  /** After an attempt has ended: it goes to D1, and may have used up what is left. */
  #followUp(now: number): void {
    const flushAt = now + FLUSH_DELAY_MS;
    if (this.#flushBy > flushAt) {
      setDueBy(this.#deps.db, 'flush', '', flushAt);
      this.#flushBy = flushAt;
    }
    this.watchBudget();
  }

  #sweepAt(at: number): void {
    if (this.#sweepBy <= at) return;
    setDueBy(this.#deps.db, 'sweep', '', at);
    this.#sweepBy = at;
  }
}
