/** One line of the log. `at` is UTC milliseconds. */
export interface NewEntry {
  at: number;
  source: 'supervisor' | 'openclaw';
  level: 'debug' | 'info' | 'warn' | 'error';
  msg: string;
}

/** A line as it is kept. `seq` counts up from 1 in each generation. */
export interface LogEntry extends NewEntry {
  seq: number;
}

/** Lines kept: about an hour of a busy gateway; with MAX_LINE_CHARS at most 8 MB of memory. */
export const MAX_LOG_LINES = 2_000;
/** Characters of one line: a stack trace fits, a dumped request body does not. */
export const MAX_LINE_CHARS = 4_000;

/** The newest log lines, redacted before they are kept, and a feed of the ones that follow. */
export class LogRing {
  #entries: LogEntry[] = [];
  #followers = new Set<(entry: LogEntry) => void>();
  #redact: (text: string) => string;
  #seq = 0;

  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  /** Keeps one line; the oldest goes when the ring is full. @returns it as kept: redacted, cut. */
  append(entry: NewEntry): LogEntry {
    const msg = this.#redact(entry.msg);
    this.#seq += 1;
    const kept = {
      seq: this.#seq,
      ...entry,
      msg: msg.length > MAX_LINE_CHARS ? `${msg.slice(0, MAX_LINE_CHARS)}…` : msg,
    };
    this.#entries.push(kept);
    if (this.#entries.length > MAX_LOG_LINES) this.#entries.shift();
    for (const follower of this.#followers) follower(kept);
    return kept;
  }

  /** @returns at most `lines` of the newest entries, oldest first. */
  tail(lines: number): LogEntry[] {
    return lines <= 0 ? [] : this.#entries.slice(-lines);
  }

  /** @returns at most `lines` of the entries right after `seq`, oldest first. */
  after(seq: number, lines: number): LogEntry[] {
    const first = this.#entries[0]?.seq ?? 1;
    const from = Math.max(0, seq + 1 - first);
    return this.#entries.slice(from, from + lines);
  }

  /** Calls `follower` for each entry from now on. @returns how to stop. */
  follow(follower: (entry: LogEntry) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

/** The supervisor's own voice in the log. */
export type Log = (level: LogEntry['level'], msg: string) => void;

/** @returns a function that writes supervisor lines to the ring, stamped with the wall clock. */
export function supervisorLog(ring: LogRing): Log {
  return (level, msg) => void ring.append({ at: Date.now(), source: 'supervisor', level, msg });
}
