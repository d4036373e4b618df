import type { EventData } from '../contract/frames.ts';

/** Deltas are gathered this long before they are stored and sent, ms: about 16 writes a second. */
export const COALESCE_MS = 60;
/** Text gathered beyond this is flushed at once, in characters. */
const MAX_GATHERED_CHARS = 8_000;

/**
 * Gathers what a run streams: text and the newest output of each tool, flushed together after a
 * moment, so that storage and sockets see few writes and people see no delay.
 */
export class TurnStream {
  readonly #write: (data: EventData[]) => void;
  #text = '';
  readonly #updates = new Map<string, EventData>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(write: (data: EventData[]) => void) {
    this.#write = write;
  }

  text(text: string): void {
    this.#text += text;
    if (this.#text.length > MAX_GATHERED_CHARS) this.flush();
    else this.#arm();
  }

  event(data: EventData): void {
    if (data.type === 'tool.update') {
      this.#updates.set(data.callId, data);
      this.#arm();
      return;
    }
    if (data.type === 'tool.result') this.#updates.delete(data.callId);
    this.flush([data]);
  }

  /** Writes what was gathered, then `after`, in one go. */
  flush(after: EventData[] = []): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const data: EventData[] = [...this.#updates.values(), ...after];
    if (this.#text !== '') data.unshift({ type: 'delta', text: this.#text });
    this.#text = '';
    this.#updates.clear();
    if (data.length > 0) this.#write(data);
  }

  /** Forgets what was gathered: the turn has ended or starts over. */
  drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#text = '';
    this.#updates.clear();
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => this.flush(), COALESCE_MS);
  }
}
