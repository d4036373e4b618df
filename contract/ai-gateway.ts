import { z } from 'zod';

/**
 * The metadata of every attempt: exactly five entries, since AI Gateway drops what is above that
 * without a word. `call` is the attempt's id, `<call>.<n>`, and finds its log entry again.
 */
export const CALL_METADATA = ['tenant', 'platform', 'tier', 'workload', 'call'] as const;
export type CallMetadata = Record<(typeof CALL_METADATA)[number], string>;

/** The largest model request that is taken, in bytes. OpenClaw's own "hello" is 39 KB. */
export const MAX_MODEL_REQUEST_BYTES = 4 * 1024 * 1024;

/** The part of an OpenAI-compatible request that the relay reads or sets; the rest passes through. */
export const chatRequest = z.looseObject({
  model: z.string().min(1).max(200),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  /** The caller's own name of the conversation, for the prompt cache. */
  prompt_cache_key: z.unknown().optional(),
  /** More answers than one would cost more than is reserved. */
  n: z.literal(1).nullish(),
});
export type ChatRequest = z.infer<typeof chatRequest>;

/** Usage as OpenAI-compatible answers carry it. */
export const openAiUsage = z.object({
  prompt_tokens: z.number().int().nonnegative(),
  completion_tokens: z.number().int().nonnegative(),
  prompt_tokens_details: z
    .object({ cached_tokens: z.number().int().nonnegative().optional() })
    .nullish(),
});
