import type { IncomingHttpHeaders } from 'node:http';
import type { Metadata } from './gateway-headers.ts';
import type { CountedUsage } from './openai-shapes.ts';

/** How many requests are kept for inspection. */
const MAX_RECORDED_REQUESTS = 1_000;
/** The most memory their bodies may take, in bytes as received; the oldest go first. */
const MAX_RECORDED_BYTES = 64 * 1024 * 1024;
/** How much of what was emitted is kept for each, in characters. */
const MAX_EMITTED_CHARS = 64 * 1024;

/** `refused` never reached a model, `fault` met one of ours, `aborted` was left by its client. */
export type Outcome = 'open' | 'complete' | 'aborted' | 'fault' | 'refused';

/** One request as it came in, and what became of it. */
export interface RecordedRequest {
  seq: number;
  /** ISO date. */
  at: string;
  /** Null when it was refused before it reached a model. */
  logId: string | null;
  /** Without the value of Authorization. */
  headers: IncomingHttpHeaders;
  metadata: Metadata;
  model: string | null;
  stream: boolean;
  body: unknown;
  status: number | null;
  emitted: string;
  usage: CountedUsage | null;
  fault: string | null;
  outcome: Outcome;
}

export type RecordListener = (request: RecordedRequest) => void;

/** The newest requests, for tests and for a look at what was sent. */
export class Recorder {
  #kept: { request: RecordedRequest; bytes: number }[] = [];
  #bytes = 0;
  #lastSeq = 0;
  #listeners = new Set<RecordListener>();

  /** Keeps a request. Returns how to change it later, each change told to the listeners. */
  open(
    request: Omit<RecordedRequest, 'seq'>,
    bytes: number,
  ): (change: Partial<RecordedRequest>) => void {
    const headers = { ...request.headers };
    if (headers.authorization !== undefined) headers.authorization = '(removed)';
    const kept = { ...request, headers, seq: ++this.#lastSeq };
    this.#kept.push({ request: kept, bytes });
    this.#bytes += bytes;
    this.#trim();
    this.#tell(kept);
    return (change) => {
      Object.assign(kept, change);
      kept.emitted = kept.emitted.slice(0, MAX_EMITTED_CHARS);
      this.#tell(kept);
    };
  }

  /** Requests with a number above `since`, oldest first, of one tenant when it is named. */
  list(filter: { since?: number; tenant?: string } = {}): RecordedRequest[] {
    const { since = 0, tenant } = filter;
    return this.#kept
      .map(({ request }) => request)
      .filter((request) => request.seq > since)
      .filter((request) => tenant === undefined || request.metadata['tenant'] === tenant)
      .map((request) => ({ ...request }));
  }

  clear(): void {
    this.#kept = [];
    this.#bytes = 0;
  }

  /** Calls back on each arrival and each change; returns how to stop that. */
  listen(listener: RecordListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(request: RecordedRequest): void {
    for (const listener of this.#listeners) listener({ ...request });
  }

  #trim(): void {
    while (
      this.#kept.length > MAX_RECORDED_REQUESTS ||
      (this.#bytes > MAX_RECORDED_BYTES && this.#kept.length > 1)
    ) {
      this.#bytes -= this.#kept.shift()?.bytes ?? 0;
    }
  }
}
