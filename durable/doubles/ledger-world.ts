import fc from 'fast-check';
import { expect } from 'vitest';
import type { Limits } from '../../contract/limits.ts';
import { attempts } from '../../db/agent/schema.ts';
import { admit, retry } from '../admit.ts';
import type { AiGateway } from '../ai-gateway.ts';
import { clearCell } from '../cells.ts';
import { markFlushed, readOutbox } from '../ledger-outbox.ts';
import {
  forgetIntents,
  MAX_ATTEMPT_MS,
  type AttemptRow,
  type LedgerContext,
  type SettleInput,
} from '../ledger.ts';
import { hastenLookups } from '../lookups.ts';
import { sweepAttempts } from '../outbox.ts';
import { readMeters } from '../meter-reading.ts';
import { settle } from '../settle.ts';
import type { AgentDb } from '../storage.ts';
import { LOOKUP_FOR_MS } from '../sweep.ts';
import { makeRecord } from './fresh-agent.ts';
import { callOf, endOf, POLICY, rowOf, rowsOf } from './ledger.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Half an hour before a month ends. */
const START = Date.parse('2025-06-30T23:30:00Z');
const MAX_BYTES = 9_000;
const TENANT = 'tenant';

const isHeld = ({ state }: AttemptRow): boolean => state === 'open' || state === 'unsettled';

interface Step {
  kind: 'admit' | 'again' | 'retry' | 'settle' | 'leave' | 'sweep' | 'flush' | 'die' | 'wait';
  /** Which of the attempts there have been, how large the call is, and how much of it is used. */
  which: number;
  bytes: number;
  part: number;
  ms: number;
}
/** Any event in the life of calls, calls being the most frequent. */
export const ledgerStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    ...(['admit', 'admit', 'admit', 'again', 'retry', 'settle', 'settle', 'leave'] as const),
    ...(['sweep', 'flush', 'die', 'wait'] as const),
  ),
  which: fc.nat(40),
  bytes: fc.integer({ min: 1, max: MAX_BYTES }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  ms: fc.constantFrom(1_000, MINUTE_MS, 12 * MINUTE_MS, 7 * HOUR_MS, 26 * HOUR_MS),
});

/** A ledger, with all the rows it ever had and all that ever left its outbox. */
export class LedgerWorld {
  readonly db: AgentDb;
  readonly limits: Partial<Limits>;
  readonly seen = new Map<string, AttemptRow>();
  readonly sent = new Map<string, string>();
  readonly calls: string[] = [];
  now = START;
  /** The largest reservation there was. */
  most = { tokens: 0, nano: 0 };

  constructor(db: AgentDb, limits: Partial<Limits>) {
    this.db = db;
    this.limits = limits;
    db.delete(attempts).run();
    forgetIntents(db);
    clearCell(db, 'meters');
  }

  get #ctx(): LedgerContext {
    const { db, now, limits } = this;
    const record = makeRecord({ id: '5f0c2a1e-7a51-4b57-9d3a-0a4c3c0c9a11', limits });
    return { db, record, policy: POLICY, generation: 1, now };
  }

  async run(made: Step): Promise<void> {
    if (made.kind === 'wait') this.now += made.ms;
    if (made.kind === 'admit') this.#admit(`call-${this.calls.length}`, made);
    if (made.kind === 'again') this.#admitAgain(made);
    if (made.kind === 'retry') this.#retry(made);
    if (made.kind === 'settle') this.#end(made, 'ok');
    if (made.kind === 'leave') this.#end(made, 'aborted');
    if (made.kind === 'sweep') await this.#sweep(made);
    // A flush that dies between D1 and its own mark sends the same rows again.
    if (made.kind === 'flush' || made.kind === 'die') this.#flush(made.kind === 'flush');
    this.#look();
  }

  /** Everything that is open comes to its end. */
  async finish(): Promise<void> {
    const made = { kind: 'sweep', which: 0, bytes: 0, part: 0.5, ms: 0 } as const;
    this.now += LOOKUP_FOR_MS + HOUR_MS;
    for (let rounds = 0; rounds < 10; rounds += 1) await this.#sweep(made);
    this.#look();
    this.#flush(true);
  }

  #admit(callId: string, { bytes }: Step): void {
    const admission = admit(this.#ctx, callOf(callId, { requestBytes: bytes }));
    if (admission.ok && !this.calls.includes(callId)) this.calls.push(callId);
  }

  /** Nobody admits a call again that has long been forgotten. */
  #admitAgain(made: Step): void {
    const callId = this.calls[made.which];
    if (callId !== undefined && rowOf(this.db, `${callId}.1`)) this.#admit(callId, made);
  }

  #one(which: number): AttemptRow | undefined {
    return rowsOf(this.db)[which];
  }

  #retry({ which, bytes, part }: Step): void {
    const row = this.#one(which);
    // A relay retries while its attempt may last, and nobody after it.
    if (!row || row.attempt > 1 || this.now - row.createdAt >= MAX_ATTEMPT_MS) return;
    const ended: Partial<SettleInput> =
      part < 0.5
        ? { outcome: 'upstream_error', status: 503, usage: null }
        : { outcome: 'timeout', status: null, usage: null };
    const size = { requestBytes: bytes, requestedMaxTokens: null, tooLong: false };
    // An answer that got lost is asked for again.
    for (let times = 0; times < 2; times += 1) retry(this.#ctx, endOf(row.id, ended), size);
  }

  #end({ which, part }: Step, outcome: 'ok' | 'aborted'): void {
    const row = this.#one(which);
    if (!row) return;
    const usage = outcome === 'ok' ? this.#usage(row, part) : null;
    settle(this.#ctx, endOf(row.id, { outcome, usage }));
  }

  /** No more than was reserved: that is an estimate from above. */
  #usage({ reservedTokens }: AttemptRow, part: number) {
    const tokensOut = Math.floor(1_000 * part);
    const tokensIn = Math.floor((reservedTokens - 1_000) * part);
    return { tokensIn, tokensOut, tokensCached: 0 };
  }

  async #sweep({ part }: Step): Promise<void> {
    const { db } = this;
    const lookUp: AiGateway['lookUp'] = async ({ id }) => {
      if (part < 0.3) throw new Error('the log is down');
      if (part < 0.5) return { kind: 'nothing' };
      if (part < 0.6) return { kind: 'uncounted' };
      const usage = this.#usage(rowOf(db, id)!, part);
      return { kind: 'found', usage, status: 200, logId: 'log' };
    };
    hastenLookups(db, this.now);
    const sweep = () => sweepAttempts({ db, gateway: { lookUp }, now: () => this.now });
    // One that takes longer than its step's lease is overtaken by the next.
    await Promise.all([sweep(), sweep()]);
  }

  #flush(marks: boolean): void {
    const rows = readOutbox(this.db, TENANT, 1_000);
    for (const row of rows) {
      const text = JSON.stringify(row);
      // A row that is in D1 never changes.
      expect(this.sent.get(row.id) ?? text).toBe(text);
      this.sent.set(row.id, text);
    }
    const ids = rows.map(({ id }) => id);
    if (marks) markFlushed(this.db, ids, this.now);
  }

  #look(): void {
    // The count that spares a busy agent its own counting.
    expect(readMeters(this.db, this.now).held).toBe(rowsOf(this.db).filter(isHeld).length);
    for (const row of rowsOf(this.db)) {
      this.seen.set(row.id, row);
      const { reservedTokens: tokens, reservedNano: nano } = row;
      this.most = {
        tokens: Math.max(this.most.tokens, tokens),
        nano: Math.max(this.most.nano, nano),
      };
    }
  }
}
