import { z } from 'zod';
import { callSource, outcome, settlement, usageRow } from './usage.ts';

/** Calls of one answer: with their attempts some 100 KB. */
const MAX_CALLS = 100;

/** An id of a call, as the system makes it. */
export const callId = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);

/** What `GET /admin/api/agents/:id/calls` is asked with. */
export const agentCallsQuery = z.strictObject({
  /** Only this call, however far it is. Without it all that are not booked yet. */
  call: callId.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_CALLS).default(50),
});
export type AgentCallsQuery = z.infer<typeof agentCallsQuery>;

/**
 * How far an attempt is: its answer is awaited, its usage has to be looked up, it waits to be booked,
 * or it is in D1 and only remembered a while. A call is as far as the attempt that is least far.
 */
export const attemptState = z.enum(['open', 'unsettled', 'final', 'flushed']);
export type AttemptState = z.infer<typeof attemptState>;

/** One try of a call upstream, as the agent's ledger has it. Times are UTC ms, money is nano-dollars. */
export const attemptView = z.object({
  /** `<call>.<n>`. */
  id: z.string(),
  attempt: z.number().int().positive(),
  state: attemptState,
  model: z.string(),
  policyVersion: z.number().int(),
  /** Null while it is open. */
  outcome: outcome.nullable(),
  /** Null while it is not final. */
  settledBy: settlement.nullable(),
  status: z.number().int().nullable(),
  firstByteMs: z.number().int().nullable(),
  /** 0 while it is open. */
  latencyMs: z.number().int(),
  tokensIn: z.number().int(),
  tokensOut: z.number().int(),
  tokensCached: z.number().int(),
  costNano: z.number().int(),
  /** What is held for it until it is final. */
  reservedNano: z.number().int(),
  logId: z.string().nullable(),
  /** When it is looked up next in AI Gateway's log; null when it need not be. */
  lookupAt: z.number().int().nullable(),
  lookups: z.number().int(),
  createdAt: z.number().int(),
  settledAt: z.number().int().nullable(),
});
export type AttemptView = z.infer<typeof attemptView>;

export const callView = z.object({
  id: z.string(),
  state: attemptState,
  source: callSource,
  platform: z.string(),
  tier: z.string(),
  workload: z.string(),
  sessionId: z.string().nullable(),
  turnId: z.string().nullable(),
  /** When its first attempt was admitted. */
  createdAt: z.number().int(),
  /** In their order; at least one. */
  attempts: z.array(attemptView).min(1),
});
export type CallView = z.infer<typeof callView>;

/** From `GET /admin/api/agents/:id/calls`: the newest first. Asking wakes nothing. */
export const agentCalls = z.object({
  calls: z.array(callView),
  /** Whether there are older ones that are not listed. */
  more: z.boolean(),
});
export type AgentCalls = z.infer<typeof agentCalls>;

/** From `GET /admin/api/tenants/:id/calls/:callId`: its attempts that are booked, in their order. */
export const bookedCall = z.object({ rows: z.array(usageRow) });
