import { openAiUsage } from '../contract/ai-gateway.ts';
import type { TokenUsage } from '../contract/models.ts';

/** A longer line than this holds no usage, and is dropped unread, in characters. */
const MAX_LINE_CHARS = 1_000_000;

/** Usage in an OpenAI-compatible answer, streamed chunk or whole; null where there is none. */
export function usageOf(answer: unknown): TokenUsage | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const usage = openAiUsage.safeParse((answer as { usage?: unknown }).usage);
  if (!usage.success) return null;
  return {
    tokensIn: usage.data.prompt_tokens,
    tokensOut: usage.data.completion_tokens,
    tokensCached: usage.data.prompt_tokens_details?.cached_tokens ?? 0,
  };
}

/**
 * Reads usage from a stream of server-sent events as it passes: feed it the chunks, ask at the end.
 * Only lines that mention usage are parsed; a malformed one is skipped.
 */
export class SseUsageReader {
  readonly #decoder = new TextDecoder();
  #line = '';
  #usage: TokenUsage | null = null;
  #done = false;

  get usage(): TokenUsage | null {
    return this.#usage;
  }

  /** Whether the stream said `[DONE]`: it is whole. */
  get done(): boolean {
    return this.#done;
  }

  push(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    for (const [index, part] of lines.entries()) {
      if (this.#line.length + part.length <= MAX_LINE_CHARS) this.#line += part;
      if (index === lines.length - 1) return;
      this.#take(this.#line);
      this.#line = '';
    }
  }

  #take(line: string): void {
    if (!line.startsWith('data:')) return;
    const data = line.slice(5).trim();
    if (data === '[DONE]') {
      this.#done = true;
      return;
    }
    if (!data.includes('"usage"')) return;
    try {
      this.#usage = usageOf(JSON.parse(data)) ?? this.#usage;
    } catch {
      // A malformed event says nothing about usage; the attempt is looked up if no other does.
    }
  }
}
