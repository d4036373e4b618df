import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs';

/** Largest log file of one stream, in bytes. The one before it is kept, so a stream holds at most twice this. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/**
 * A log of bounded size: when `path` is full it becomes `path.1`, replacing the one before.
 * Writes are synchronous, so that the last words of a process are on disk when it is gone.
 */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #fd: number | null;
  #size = 0;

  constructor(path: string, maxBytes = MAX_LOG_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#fd = openSync(path, 'a', 0o600);
  }

  write(chunk: Buffer): void {
    if (this.#fd === null) return;
    if (this.#size > 0 && this.#size + chunk.length > this.#maxBytes) this.#rotate(this.#fd);
    const kept = chunk.subarray(0, this.#maxBytes);
    writeSync(this.#fd, kept);
    this.#size += kept.length;
  }

  close(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    this.#fd = null;
  }

  #rotate(fd: number): void {
    closeSync(fd);
    if (existsSync(this.#path)) renameSync(this.#path, `${this.#path}.1`);
    this.#fd = openSync(this.#path, 'a', 0o600);
    this.#size = 0;
  }
}
