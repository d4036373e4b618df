import { AppError } from '../contract/errors.ts';
import type { Door } from './door.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import * as snapshots from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import type { Tenure } from './tenure.ts';

export interface SnapshotIntakeDeps {
  db: AgentDb;
  door: Pick<Door, 'record' | 'living'>;
  sandbox: Pick<SandboxDriver, 'wake'>;
  tenure: Pick<Tenure, 'eraseAgain'>;
  now(): number;
}

/** What a generation's egress asks about snapshots, on behalf of a container that is not trusted. */
export class SnapshotIntake {
  readonly #deps: SnapshotIntakeDeps;

  constructor(deps: SnapshotIntakeDeps) {
    this.#deps = deps;
  }

  allowRestore({ id, generation }: { id: string; generation: number }): void {
    this.#deps.door.living();
    const { wake } = this.#deps.sandbox;
    if (wake.generation === generation && wake.restore?.id === id) return;
    throw new AppError('forbidden', 'This is not the restore point of this generation.');
  }

  async redeemTicket(put: {
    id: string;
    ticket: string;
    generation: number;
    size: number;
  }): Promise<void> {
    const { db, door, sandbox, now } = this.#deps;
    door.living();
    if (put.generation !== sandbox.wake.generation) {
      throw new AppError('forbidden', 'This generation is over.');
    }
    await snapshots.redeemTicket(db, { ...put, now: now() });
  }

  /** Takes the word that an object is stored. That of a tenant under deletion is refused, and goes. */
  stored(put: { id: string; generation: number; size: number; sha256: string }): void {
    const { db, door, sandbox, tenure, now } = this.#deps;
    if (door.record().status === 'deleting') {
      snapshots.markFailed(db, put.id);
      tenure.eraseAgain();
    }
    door.living();
    const { generation: current } = sandbox.wake;
    snapshots.acceptStored(db, { ...put, current, now: now() });
  }
}
