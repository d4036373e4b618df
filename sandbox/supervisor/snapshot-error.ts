/** Codes of a snapshot that was not made, with the HTTP status each is answered with. */
export const SNAPSHOT_STATUS = {
  snapshot_too_large: 413,
  snapshot_database_damaged: 422,
  snapshot_refused: 502,
  snapshot_busy: 409,
  snapshot_too_slow: 504,
  snapshot_not_allowed: 409,
} as const;

export type SnapshotCode = keyof typeof SNAPSHOT_STATUS;

/** A snapshot that was not made; nothing was stored. */
export class SnapshotError extends Error {
  override name = 'SnapshotError';
  readonly code: SnapshotCode;

  constructor(code: SnapshotCode, message: string) {
    super(message);
    this.code = code;
  }
}
