import type { Reason } from './status-board.ts';

/** A boot that cannot go on; `reason` is what the status shows. */
export class BootFailure extends Error {
  override name = 'BootFailure';
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(`${reason.code}: ${reason.message}`);
    this.reason = reason;
  }
}
