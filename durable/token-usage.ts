import { openAiUsage } from '../contract/ai-gateway.ts';
import type { TokenUsage } from '../contract/models.ts';

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
