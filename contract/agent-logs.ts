import { z } from 'zod';
import { agentState } from './agent.ts';
import { supervisorLogLine } from './supervisor.ts';

/** Lines of one answer: each has 4,000 characters at most. */
export const MAX_LOG_PAGE = 200;

/** What `GET /admin/api/agents/:id/logs` is asked with. */
export const agentLogsQuery = z.strictObject({
  /** The lines right after this one. Without it the newest are given. */
  after: z.coerce.number().int().nonnegative().optional(),
  /**
   * The generation that `after` counts in: numbers begin anew with each. When the lines are of another
   * by now, `after` is 0.
   */
  generation: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LOG_PAGE).default(100),
  /** This level and graver ones. */
  level: supervisorLogLine.shape.level.optional(),
  /** Occurs in the text, in any case of letters. */
  q: z.string().max(100).default(''),
});
export type AgentLogsQuery = z.infer<typeof agentLogsQuery>;

/** One line of the supervisor or of OpenClaw, redacted and cut by the supervisor. */
export const agentLogLine = z.object({
  /** Counts up from 1 in each generation. */
  seq: z.number().int().positive(),
  generation: z.number().int().nonnegative(),
  /** UTC ms. */
  at: z.number(),
  source: supervisorLogLine.shape.source,
  level: supervisorLogLine.shape.level,
  text: z.string(),
});
export type AgentLogLine = z.infer<typeof agentLogLine>;

/** From `GET /admin/api/agents/:id/logs`. Asking wakes nothing. */
export const agentLogs = z.object({
  /** The agent's. */
  state: agentState,
  /** Whether the lines are a running sandbox's; else they are the last that were kept of one. */
  running: z.boolean(),
  /** The generation whose lines these are: the agent's, or an older one's when it left none. */
  generation: z.number().int().nonnegative(),
  /** The oldest first. */
  lines: z.array(agentLogLine),
  /** What to ask `after` next, with `generation`. */
  next: z.number().int().nonnegative(),
  /** Whether there are lines after `next` already. */
  more: z.boolean(),
});
export type AgentLogs = z.infer<typeof agentLogs>;
