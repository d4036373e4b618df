import { z } from 'zod';

/** How an attempt's usage came to be known. */
const SETTLEMENTS = ['exact', 'looked_up', 'not_sent', 'estimated'] as const;
export const settlement = z.enum(SETTLEMENTS);
export type Settlement = z.infer<typeof settlement>;

/** How an attempt ended, as the relay saw it. */
const OUTCOMES = [
  'ok',
  'aborted',
  'timeout',
  'upstream_error',
  'network_error',
  'cut',
  'lost',
] as const;
export const outcome = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof outcome>;

/** Where a call came from. */
const CALL_SOURCES = ['sandbox', 'api', 'agent'] as const;
export const callSource = z.enum(CALL_SOURCES);
export type CallSource = z.infer<typeof callSource>;

/**
 * One attempt's final row: what the outbox carries to D1, and what usage answers list. Field names
 * are the columns'; the charter's are id, tenant_id, model, tokens_in, tokens_out, latency_ms and
 * created_at.
 */
export const usageRow = z.object({
  /** The attempt's id, `<call>.<n>`. */
  id: z.string(),
  tenant_id: z.string(),
  call_id: z.string(),
  attempt: z.number().int().positive(),
  source: callSource,
  platform: z.string(),
  tier: z.string(),
  workload: z.string(),
  model: z.string(),
  policy_version: z.number().int(),
  tokens_in: z.number().int(),
  tokens_out: z.number().int(),
  tokens_cached: z.number().int(),
  cost_nano: z.number().int(),
  price_version: z.string(),
  latency_ms: z.number().int(),
  /** Null when no byte of an answer came. */
  first_byte_ms: z.number().int().nullable(),
  status: z.number().int().nullable(),
  outcome,
  settled_by: settlement,
  log_id: z.string().nullable(),
  session_id: z.string().nullable(),
  turn_id: z.string().nullable(),
  created_at: z.number().int(),
  settled_at: z.number().int(),
});
export type UsageRow = z.infer<typeof usageRow>;

/** What attempts come to together. */
export const usageSums = z.object({
  attempts: z.number().int(),
  /** Those of them that ended otherwise than `ok`. */
  failures: z.number().int(),
  tokensIn: z.number().int(),
  tokensOut: z.number().int(),
  tokensCached: z.number().int(),
  costNano: z.number().int(),
});
export type UsageSums = z.infer<typeof usageSums>;
