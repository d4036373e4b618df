import type { TenantRecord } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import { identifyKey } from './api-keys.ts';
import { readCell } from './cells.ts';
import { checkMayChange, checkMaySee } from './change-rights.ts';
import { identify } from './credentials.ts';
import type { Caller, Member } from './rpc.ts';
import { standingRefusal } from './standing.ts';
import type { AgentDb } from './storage.ts';

export interface DoorDeps {
  db: AgentDb;
  now(): number;
}

/** Whose agent this is, and who may come in: the agent itself refuses, whatever the edge believed. */
export class Door {
  readonly #deps: DoorDeps;
  #isClosed = false;

  constructor(deps: DoorDeps) {
    this.#deps = deps;
  }

  /** The storage is gone: whoever comes from now on meets an agent that never was. */
  close(): void {
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The tenant's record, or null where nothing is known. */
  get known(): TenantRecord | null {
    return this.#isClosed ? null : readCell(this.#deps.db, 'record');
  }

  /** The tenant's record, or AppError tenant_not_found. */
  record(): TenantRecord {
    const record = this.known;
    if (!record) throw new AppError('tenant_not_found', 'There is no such tenant.');
    return record;
  }

  /** The record of a tenant that may use its agent, or AppError by its standing. */
  active(): TenantRecord {
    const record = this.record();
    const refused = standingRefusal(record.status);
    if (refused) throw refused;
    return record;
  }

  /** The record of a tenant that is not deleted, or AppError tenant_deleted. */
  living(): TenantRecord {
    const record = this.record();
    return record.status === 'deleting' ? this.active() : record;
  }

  /** AppError misdirected unless the hostname is this tenant's. */
  serves(host: string): void {
    if (this.record().hostnames.includes(host)) return;
    throw new AppError('misdirected', 'This hostname belongs to another agent.');
  }

  /** Who a caller is, or AppError unauthenticated, misdirected, tenant_suspended or tenant_deleted. */
  identify(caller: Caller): Member {
    // Who made a key up learns nothing of the tenant, not even that it is suspended.
    if (caller.kind === 'key') this.identifyKey(caller);
    else if (caller.kind === 'member') {
      this.serves(caller.host);
      this.active();
    } else this.living();
    return identify(this.#deps.db, caller, this.#deps.now());
  }

  /** Who a caller is that may change things, or AppError as identify, and forbidden. */
  changer(caller: Caller): Member {
    const member = this.identify(caller);
    checkMayChange(caller, member);
    return member;
  }

  /** Who a caller is that may see what only owners and operators may, or AppError as changer. */
  seer(caller: Caller): Member {
    const member = this.identify(caller);
    checkMaySee(caller, member);
    return member;
  }

  /** The key that a program calls with, or AppError as identify. */
  identifyKey(caller: Caller): ReturnType<typeof identifyKey> {
    if (caller.kind !== 'key') throw new AppError('forbidden', 'Only API keys may.');
    this.serves(caller.host);
    const key = identifyKey(this.#deps.db, caller, this.#deps.now());
    this.active();
    return key;
  }
}
