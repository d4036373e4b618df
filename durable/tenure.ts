import type { TenantRecord } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import type { Apps } from './apps.ts';
import { writeCell } from './cells.ts';
import type { Door } from './door.ts';
import { clearDue, setDue, WATCHDOG_MS } from './due.ts';
import { eraseAgent, isLedgerDone, type EraseDeps } from './erase.ts';
import { revokeInvitesElsewhere } from './invites.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { Metering } from './metering.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import { streamedText } from './sessions.ts';
import { endSignInsElsewhere } from './sign-ins.ts';
import { CLOSE_DELETED, CLOSE_SIGNED_OUT, CLOSE_SUSPENDED, type Sockets } from './sockets.ts';
import { standingEnd } from './standing.ts';
import type { AgentDb } from './storage.ts';
import { putToSleep } from './suspend.ts';
import { note } from './timeline.ts';
import type { TurnDriver, TurnDriverDeps } from './turn-driver.ts';
import { openTurns } from './turns.ts';

export interface TenureDeps {
  db: AgentDb;
  door: Door;
  bucket: EraseDeps['bucket'];
  sockets: Pick<Sockets, 'closeAll' | 'closeWhere'>;
  apps: Pick<Apps, 'closeAll' | 'closeWhere'>;
  sandbox: Pick<SandboxDriver, 'wake' | 'apply' | 'discard'>;
  turns: Pick<TurnDriver, 'end'>;
  metering: Pick<Metering, 'sweep' | 'flush' | 'watchBudget'>;
  openGateway: TurnDriverDeps['openGateway'];
  now(): number;
  waitUntil(work: Promise<unknown>): void;
  pump(): void;
  /** Something came to its end; due steps may have changed. */
  rested(): Promise<void>;
  log(entry: LogEntry): void;
}

/** What a change of the tenant's record means here: suspension, resumption, and the end. */
export class Tenure {
  readonly #deps: TenureDeps;
  #erasing: Promise<boolean> | null = null;

  constructor(deps: TenureDeps) {
    this.#deps = deps;
  }

  /** Takes a newer record with all that follows from it, in one commit; answers the version known. */
  apply(record: TenantRecord): number {
    const { db, door, metering, now } = this.#deps;
    const { known } = door;
    if (known && known.version >= record.version) return known.version;
    // What was never made, or is gone, has nothing to delete; a late word must not bring it back.
    const { version, status } = record;
    if (door.isClosed || (!known && status === 'deleting')) return version;
    writeCell(db, 'record', record);
    note(db, { type: 'settings', version }, now());
    setDue(db, 'report', '', now());
    if (status === 'suspended') setDue(db, 'suspend', '', now());
    if (status === 'deleting') setDue(db, 'erase', '', now());
    endSignInsElsewhere(db, record.hostnames, now());
    revokeInvitesElsewhere(db, record.hostnames, now());
    this.#endTurns(status);
    this.#closeSockets(record);
    // The budget may be another now.
    metering.watchBudget();
    return version;
  }

  /** A wake of a suspended agent that was under way has come to its end: it sleeps again. */
  wokeUp(): void {
    const { db, door, now } = this.#deps;
    if (door.known?.status === 'suspended') setDue(db, 'suspend', '', now());
  }

  /** The due step `suspend`: the sandbox goes to sleep. Its drain has a watchdog of its own. */
  suspend(): void {
    const { db, door, sandbox, openGateway, now, waitUntil, pump, log } = this.#deps;
    const isSuspended = (): boolean => door.record().status === 'suspended';
    const { state } = sandbox.wake;
    const isResting = state === 'asleep' || state === 'failed' || state === 'draining';
    if (!isSuspended() || isResting) return;
    setDue(db, 'suspend', '', now() + WATCHDOG_MS);
    waitUntil(putToSleep({ db, sandbox, openGateway, isSuspended, log }).then(pump));
  }

  /** The due step `erase`: starts to empty the agent, and looks again until that is done. */
  watchErasure(): void {
    const { db, door, now, waitUntil, rested, log } = this.#deps;
    if (door.record().status !== 'deleting') return;
    setDue(db, 'erase', '', now() + WATCHDOG_MS);
    const erased = this.#erase().catch((error: unknown) => {
      log({ level: 'warn', msg: 'erasing failed', error: reasonOf(error) });
    });
    waitUntil(erased.then(rested));
  }

  /** Empties the agent and sends the rest of the books off; true when nothing is left but itself. */
  async erase(): Promise<boolean> {
    const { db, door, metering } = this.#deps;
    if (!door.known) return true;
    if (!(await this.#erase())) return false;
    await metering.sweep();
    await metering.flush();
    return isLedgerDone(db);
  }

  /** A snapshot of a tenant that is deleted arrived behind the deletion's back: its object goes too. */
  eraseAgain(): void {
    setDue(this.#deps.db, 'erase', '', this.#deps.now());
  }

  /** Empties the agent, but for the books. One at a time; true when nothing is left to do. */
  #erase(): Promise<boolean> {
    this.#erasing ??= this.#eraseNow().finally(() => {
      this.#erasing = null;
    });
    return this.#erasing;
  }

  async #eraseNow(): Promise<boolean> {
    const { db, door, bucket, sandbox, now } = this.#deps;
    const { id: tenantId, status } = door.record();
    if (status !== 'deleting') throw new AppError('conflict', 'The tenant is not being deleted.');
    const isEmpty = await eraseAgent({ db, bucket, sandbox, tenantId, now });
    if (isEmpty) clearDue(db, 'erase', '');
    return isEmpty;
  }

  /** Ends every open turn with one clear event, in the commit that changed the tenant's standing. */
  #endTurns(status: TenantRecord['status']): void {
    const { db, turns } = this.#deps;
    // Queued ones first, or the end of the running one would start the next.
    for (const turn of openTurns(db).toReversed()) {
      const end = standingEnd(status, streamedText(db, turn.id));
      if (end) turns.end(turn, end);
    }
  }

  /** A socket never outlives what opened it: here its hostname, or the tenant's standing. */
  #closeSockets({ status, hostnames }: TenantRecord): void {
    const { sockets, apps } = this.#deps;
    const close = { code: CLOSE_SIGNED_OUT, reason: 'the hostname has moved' };
    for (const open of [sockets, apps]) {
      if (status === 'suspended') open.closeAll(CLOSE_SUSPENDED, 'suspended');
      else if (status === 'deleting') open.closeAll(CLOSE_DELETED, 'deleted');
      else
        open.closeWhere(({ caller }) =>
          caller.kind !== 'operator' && !hostnames.includes(caller.host) ? close : null,
        );
    }
  }
}
