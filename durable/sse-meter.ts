import type { TokenUsage } from '../contract/models.ts';
import { usageOf } from './token-usage.ts';

/** A longer event is passed on as it comes, and its usage is not read, in bytes. */
export const MAX_EVENT_BYTES = 1024 * 1024;

const NEWLINE = 10;
const RETURN = 13;
const NOTHING = new Uint8Array();
// Lines end with \n or \r\n here; a JSON text may hold U+2028, which ends one for the flag m.
const DONE_LINE = /(?:^|\n)data: *\[DONE\] *\r?(?:\n|$)/;
const DATA_LINE = /(?<=^|\n)data:([^\r\n]*)/;

/** Where the last whole event of some bytes ends: behind its empty line. 0 when none is whole. */
function endOfEvents(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    if (bytes[at] !== NEWLINE) continue;
    const before = bytes[at - 1] === RETURN ? at - 2 : at - 1;
    if (before >= 0 && bytes[before] === NEWLINE) return at + 1;
  }
  return 0;
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}

/**
 * Reads usage from an OpenAI-compatible stream of server-sent events as it passes. What comes out are
 * whole events, the very bytes that came in: a stream that is cut never leaves half an event behind,
 * and an error can follow it. Where the caller did not ask for usage it is taken out.
 */
export class SseMeter {
  readonly #hidesUsage: boolean;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #rest: Uint8Array = NOTHING;
  #usage: TokenUsage | null = null;
  /** Whether it came in an event of its own: others may carry a running count. */
  #isTotal = false;
  #isDone = false;

  constructor(options: { hidesUsage: boolean }) {
    this.#hidesUsage = options.hidesUsage;
  }

  /** What was said last; of a stream that was cut only what was said apart from any answer. */
  get usage(): TokenUsage | null {
    return this.#isDone || this.#isTotal ? this.#usage : null;
  }

  /** Whether the stream said `[DONE]`: it is whole. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Takes the next bytes; answers those that may go on to the caller. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#rest.length === 0 ? chunk : join(this.#rest, chunk);
    const end = endOfEvents(bytes);
    if (bytes.length - end > MAX_EVENT_BYTES) {
      this.#rest = NOTHING;
      return join(this.#pass(bytes.subarray(0, end)), bytes.subarray(end));
    }
    this.#rest = end === bytes.length ? NOTHING : bytes.slice(end);
    return end === 0 ? NOTHING : this.#pass(end === bytes.length ? bytes : bytes.subarray(0, end));
  }

  /** The end of the stream: an event that lacks only its empty line still counts. */
  end(): Uint8Array {
    const rest = this.#rest;
    this.#rest = NOTHING;
    const text = this.#decoder.decode(rest);
    return DONE_LINE.test(text) ? this.#pass(rest) : NOTHING;
  }

  #pass(bytes: Uint8Array): Uint8Array {
    const text = this.#decoder.decode(bytes);
    if (text.includes('[DONE]') && DONE_LINE.test(text)) this.#isDone = true;
    if (!text.includes('"usage"')) return bytes;
    const events = text.split(/(?<=\r?\n\r?\n)/);
    const kept = events.map((event) => this.#readUsage(event)).join('');
    return this.#hidesUsage && kept !== text ? new TextEncoder().encode(kept) : bytes;
  }

  /** Notes an event's usage; answers the event without it. */
  #readUsage(event: string): string {
    const [line, json] = DATA_LINE.exec(event) ?? [];
    if (line === undefined || json === undefined || !json.includes('"usage"')) return event;
    let data: unknown;
    try {
      data = JSON.parse(json);
    } catch {
      // A malformed event says nothing about usage; the attempt is looked up if no other does.
      return event;
    }
    if (typeof data !== 'object' || data === null || !('usage' in data)) return event;
    const { usage: _, ...rest } = data as { usage: unknown; choices?: unknown };
    const isOnlyUsage = Array.isArray(rest.choices) && rest.choices.length === 0;
    const usage = usageOf(data);
    if (usage) {
      this.#usage = usage;
      this.#isTotal = isOnlyUsage;
    }
    return isOnlyUsage ? '' : event.replace(line, () => `data: ${JSON.stringify(rest)}`);
  }
}
