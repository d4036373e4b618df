import { z } from 'zod';
import { supervisorLogLine, supervisorProcess } from './supervisor.ts';

/** Lines of a sandbox's log that are given at once: each has 4,000 characters at most. */
const MAX_DEBUG_LINES = 200;

/** The query of routes that look into a sandbox: a tenant's id or slug. */
export const debugTenantQuery = z.strictObject({ tenant: z.string().min(1).max(64) });
export const debugLogQuery = debugTenantQuery.extend({
  lines: z.coerce.number().int().min(1).max(MAX_DEBUG_LINES).default(100),
});

/** From `GET /admin/api/debug/processes`. */
export const debugProcesses = z.object({ processes: z.array(supervisorProcess) });
export type DebugProcesses = z.infer<typeof debugProcesses>;

/** From `GET /admin/api/debug/logs`: the newest lines, the oldest first. */
export const debugLogs = z.object({ lines: z.array(supervisorLogLine) });
export type DebugLogs = z.infer<typeof debugLogs>;

/** From `GET /admin/api/debug/version`. */
export const debugVersion = z.object({
  version: z.string(),
  compatibilityDate: z.string(),
  /** The OpenClaw that this release's image has. */
  openclaw: z.string(),
  /** The image's name in wrangler.jsonc. */
  image: z.string(),
  chatProtocol: z.number().int(),
  supervisorProtocol: z.number().int(),
  priceVersion: z.string(),
});
export type DebugVersion = z.infer<typeof debugVersion>;

/** From `GET /admin/api/debug/env`: what is no secret as it is, of all else only whether it is set. */
export const debugEnv = z.object({
  vars: z.record(z.string(), z.string()),
  set: z.record(z.string(), z.boolean()),
});
export type DebugEnv = z.infer<typeof debugEnv>;
