import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { z } from 'zod';

/** How many entries are kept; more than a long test run makes. */
const MAX_LOG_ENTRIES = 100_000;

const metadataValue = z.union([z.string(), z.number(), z.boolean()]);

/** An entry with the field names of Cloudflare's "Get Gateway Log Detail". */
const logEntry = z.object({
  id: z.string(),
  created_at: z.string(),
  provider: z.string(),
  model: z.string(),
  model_type: z.string(),
  path: z.string(),
  request_type: z.string(),
  request_content_type: z.string(),
  response_content_type: z.string(),
  status_code: z.number(),
  success: z.boolean(),
  cached: z.boolean(),
  step: z.number(),
  /** Milliseconds. */
  duration: z.number(),
  tokens_in: z.number(),
  tokens_out: z.number(),
  /** Kept parsed; the API gives it as a JSON text. */
  metadata: z.record(z.string(), metadataValue),
  request_size: z.number(),
  response_size: z.number(),
  /** The payloads' beginnings; absent when the request asked to keep none. */
  request_head: z.string().optional(),
  response_head: z.string().optional(),
});

export type LogEntry = z.infer<typeof logEntry>;

/** The gateway's log: in memory, and appended to a file when one is named. */
export class LogStore {
  #entries = new Map<string, { entry: LogEntry; visibleAt: number }>();
  #delayMs: number;
  #fd: number | null = null;

  constructor(options: { delayMs: number; file?: string | undefined }) {
    this.#delayMs = options.delayMs;
    if (options.file === undefined) return;
    for (const entry of readEntries(options.file)) this.#keep(entry, 0);
    // Written anew, the file ends with a whole line and holds no more than what is kept.
    rewrite(options.file, this.list(Infinity));
    this.#fd = openSync(options.file, 'a', 0o600);
  }

  /** Adds an entry, which look-ups find `delayMs` after `now`. */
  add(entry: LogEntry, now: number): void {
    this.#keep(entry, now + this.#delayMs);
    if (this.#fd !== null) writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }

  /** The entry with this id, or null while there is none to be seen. */
  get(id: string, now: number): LogEntry | null {
    const kept = this.#entries.get(id);
    return kept && kept.visibleAt <= now ? kept.entry : null;
  }

  /** Every entry to be seen, oldest first. */
  list(now: number): LogEntry[] {
    return [...this.#entries.values()]
      .filter((kept) => kept.visibleAt <= now)
      .map((kept) => kept.entry);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #keep(entry: LogEntry, visibleAt: number): void {
    this.#entries.set(entry.id, { entry, visibleAt });
    if (this.#entries.size <= MAX_LOG_ENTRIES) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

function rewrite(file: string, entries: readonly LogEntry[]): void {
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readEntries(file: string): LogEntry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    const entry = parseLine(line);
    return entry === null ? [] : [entry];
  });
}

/** A line that a kill cut in two is no entry. */
function parseLine(line: string): LogEntry | null {
  if (!line) return null;
  try {
    return logEntry.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
