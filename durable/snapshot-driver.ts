import { ulid } from 'ulid';
import type { TenantRecord } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import type { SnapshotKind, SnapshotView } from '../contract/snapshots.ts';
import { dirtySince } from './activity.ts';
import { clearCell, readCell, writeCell } from './cells.ts';
import { CHECKPOINT_QUIET_MS, decideCheckpoint } from './checkpoint.ts';
import { setDue, setDueBy, WATCHDOG_MS } from './due.ts';
import { reasonOf, type LogEntry } from './log.ts';
import { decideRestore, isSnapshotsFault } from './restore.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import {
  getSnapshot,
  headOf,
  isKept,
  LISTED_SNAPSHOTS,
  listSnapshots,
  markDamaged,
  markDeleting,
  setHead,
  snapshotKey,
  snapshotView,
  type Snapshot,
  type SnapshotObject,
} from './snapshot-index.ts';
import { needsRetention, retain, RETENTION_MS } from './snapshot-retention.ts';
import * as tickets from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { SupervisorError } from './supervisor-client.ts';
import { note } from './timeline.ts';
import { openTurns } from './turns.ts';
import type { WakeState } from './wake.ts';

export interface SnapshotDeps {
  db: AgentDb;
  bucket: Pick<R2Bucket, 'list' | 'delete'>;
  sandbox: Pick<SandboxDriver, 'wake' | 'supervisor' | 'demand' | 'apply'>;
  record(): TenantRecord;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
  /** The sandbox has something to do. */
  pump(): void;
  /** A snapshot came to its end; due steps may have changed. */
  rested(): Promise<void>;
  log(entry: LogEntry): void;
}

/** Key of the retention step that comes by itself; the others are names to go on after. */
const DAILY = 'daily';

const conflict = (message: string, hint: string): AppError =>
  new AppError('conflict', message, { hint });

/**
 * Saves a ready agent's state, between its turns and on demand, and looks after what was saved: what
 * the next generation restores from, what is kept, what goes. One snapshot at a time; the supervisor
 * sees to that when an object has died over one.
 */
export class SnapshotDriver {
  readonly #deps: SnapshotDeps;
  /** Whether this object is at work on one. */
  #isSaving = false;

  constructor(deps: SnapshotDeps) {
    this.#deps = deps;
  }

  list(): SnapshotView[] {
    const { db } = this.#deps;
    const head = headOf(db);
    return listSnapshots(db, LISTED_SNAPSHOTS).map((row) => snapshotView(row, head));
  }

  /** Where a snapshot's object is. AppError not_found, or conflict when it has none that is whole. */
  locate(id: string): SnapshotObject {
    const { sha256, size } = this.#kept(id);
    return { key: snapshotKey(this.#deps.record().id, id), size: size ?? 0, sha256: sha256 ?? '' };
  }

  /** Begins a snapshot on demand and answers with its entry. AppError conflict when it can't be. */
  async create(): Promise<SnapshotView> {
    const { db, sandbox } = this.#deps;
    const { state } = sandbox.wake;
    if (state === 'asleep') {
      if (dirtySince(db) === null)
        throw conflict('The newest snapshot already holds everything.', 'There is nothing to do.');
      throw conflict('The agent is asleep.', 'Wake it first: only a ready agent can be saved.');
    }
    if (state !== 'ready') {
      throw conflict(`The agent is ${state}.`, 'Only a ready agent can be saved. Try again then.');
    }
    if (openTurns(db).length > 0) {
      throw conflict('A turn is open.', 'An agent is saved between turns: stop it or wait for it.');
    }
    if (this.#isUnderWay()) {
      throw conflict('Another snapshot is being made.', 'Wait until it is stored.');
    }
    const row = getSnapshot(db, await this.#begin('manual'));
    if (!row) throw new AppError('internal', 'The snapshot’s ticket is gone.');
    return snapshotView(row, headOf(db));
  }

  /** Condemns a snapshot; its object goes at once. AppError conflict when it is still needed. */
  remove(id: string): void {
    const { db, now } = this.#deps;
    if (getSnapshot(db, id)?.state === 'deleting') return;
    this.#kept(id);
    if (headOf(db) === id || readCell(db, 'restoreWish') === id) {
      throw conflict('The next wake restores from this snapshot.', 'Restore another one first.');
    }
    markDeleting(db, id);
    setDue(db, 'retention', '', now());
  }

  /**
   * Goes back to a snapshot as a new generation; what runs is saved first. AppError not_found, or
   * conflict when something is in the way. Answers at once.
   */
  restore(id: string, { force }: { force: boolean }): void {
    const { db, sandbox, pump } = this.#deps;
    this.#kept(id);
    const open = openTurns(db).length;
    const how = decideRestore({ state: sandbox.wake.state, openTurns: open, force });
    writeCell(db, 'restoreWish', id);
    if (how === 'now') this.#fulfil();
    else sandbox.apply({ type: 'drain', force });
    pump();
  }

  /** The wake machine has moved, in this very commit. */
  stateChanged({ state, generation, failure, restore }: WakeState): void {
    const { db, now } = this.#deps;
    if (state === 'failed' && failure && restore && isSnapshotsFault(failure.code)) {
      markDamaged(db, restore.id);
      note(db, { type: 'snapshot.damaged', id: restore.id }, now());
    }
    if (state !== 'asleep' && state !== 'failed') return;
    tickets.failOpenTickets(db, generation);
    this.#fulfil();
  }

  /** Somebody used the agent: what changed is saved soon. */
  used(): void {
    const { db, now } = this.#deps;
    if (dirtySince(db) !== null) setDueBy(db, 'checkpoint', '', now() + CHECKPOINT_QUIET_MS);
  }

  /** The due step `checkpoint`: begins one when it is time. */
  async checkpoint(): Promise<void> {
    const { db, sandbox, now } = this.#deps;
    const decision = decideCheckpoint({
      state: sandbox.wake.state,
      openTurns: openTurns(db).length,
      isSaving: this.#isUnderWay(),
      lastActiveAt: readCell(db, 'activity')?.lastActiveAt ?? 0,
      dirtySince: dirtySince(db),
      failures: tickets.recentFailures(db),
      now: now(),
    });
    if (decision === null) return;
    if ('lookAt' in decision) return setDue(db, 'checkpoint', '', decision.lookAt);
    // Written first: whatever becomes of this one, there is another look.
    setDue(db, 'checkpoint', '', now() + WATCHDOG_MS);
    await this.#begin('checkpoint');
  }

  /** The due step `snapshot`, the watchdog of one under way: its object may have died over it. */
  async watch(id: string): Promise<void> {
    const { db, sandbox, now } = this.#deps;
    const row = getSnapshot(db, id);
    if (row?.state !== 'ticketed') return;
    const { state, generation } = sandbox.wake;
    const isRunning = generation === row.generation && (state === 'ready' || state === 'draining');
    if (!isRunning || row.ticketExpiresAt <= now()) return tickets.markFailed(db, id);
    setDue(db, 'snapshot', id, now() + WATCHDOG_MS);
    // With a turn open it would count changes that it does not hold.
    if (this.#isSaving || state === 'draining' || openTurns(db).length > 0) return;
    const ticket = await tickets.renewTicket(db, id);
    // Null: it is on its way to R2, where it arrives or does not.
    if (ticket) this.#carry(ticket);
  }

  /** The due step `retention`: lets go of what is not kept any longer, a page at a time. */
  async retain(key: string): Promise<void> {
    const { db, bucket, record, now } = this.#deps;
    const after = key === DAILY ? '' : key;
    const next = await retain({ db, bucket, tenantId: record().id, now: now() }, after);
    if (next !== null) setDue(db, 'retention', next, now());
    else if (needsRetention(db)) setDue(db, 'retention', DAILY, now() + RETENTION_MS);
  }

  async #begin(kind: SnapshotKind): Promise<string> {
    const { db, sandbox, now } = this.#deps;
    const { generation } = sandbox.wake;
    const id = ulid(now());
    // Before the first await: of two that are asked for at once, one is made.
    this.#isSaving = true;
    try {
      setDue(db, 'snapshot', id, now() + WATCHDOG_MS);
      const ticket = await tickets.issueTicket(db, { id, kind, generation, now: now() });
      this.#carry(ticket);
    } catch (error) {
      this.#isSaving = false;
      throw error;
    }
    return id;
  }

  /** Has the supervisor make a snapshot, and leaves: nobody waits for it. */
  #carry(ticket: tickets.Ticket): void {
    this.#isSaving = true;
    const saved = this.#save(ticket).finally(() => {
      this.#isSaving = false;
      return this.#deps.rested();
    });
    this.#deps.waitUntil(saved);
  }

  async #save(ticket: tickets.Ticket): Promise<void> {
    const { db, sandbox, log } = this.#deps;
    try {
      const supervisor = sandbox.supervisor();
      if (!supervisor) throw new Error('the sandbox is gone');
      await supervisor.snapshot(ticket);
      // Means something only when the supervisor says that it is stored and it is not.
      tickets.markFailed(db, ticket.id);
      this.used();
    } catch (error) {
      this.#failed(ticket.id, error);
      log({ level: 'warn', msg: 'snapshot not stored', id: ticket.id, error: reasonOf(error) });
    }
  }

  #isUnderWay(): boolean {
    const { db, sandbox } = this.#deps;
    return this.#isSaving || tickets.openTicket(db, sandbox.wake.generation) !== null;
  }

  #failed(id: string, error: unknown): void {
    const { db } = this.#deps;
    const isBusy = error instanceof SupervisorError && error.code === 'snapshot_busy';
    if (!isBusy) return tickets.markFailed(db, id);
    // OpenClaw is at work: a checkpoint looks again by itself, who asked for one asks again.
    if (getSnapshot(db, id)?.kind === 'checkpoint') tickets.dropTicket(db, id);
    else tickets.markFailed(db, id);
  }

  /** Goes back to the snapshot that an operator wished for, now that no sandbox is in the way. */
  #fulfil(): void {
    const { db, sandbox, record, now } = this.#deps;
    const wish = readCell(db, 'restoreWish');
    if (wish === null) return;
    clearCell(db, 'restoreWish');
    // Away from a damaged one nobody wants to forget anything; away from a whole one that is the point.
    const left = headOf(db);
    const isDamaged = left !== null && getSnapshot(db, left)?.state === 'damaged';
    if (!isDamaged) writeCell(db, 'wentBackAt', now());
    setHead(db, wish);
    if (record().status === 'active') sandbox.demand(true);
  }

  #kept(id: string): Snapshot {
    const row = getSnapshot(this.#deps.db, id);
    if (!row) throw new AppError('not_found', 'There is no such snapshot.');
    if (isKept(row)) return row;
    throw conflict(`This snapshot is ${row.state}.`, 'Only a stored one can be used.');
  }
}
