import { z } from 'zod';
import { agentStatus, tenantStatus } from './agent.ts';
import { sessionEvent, sessionTitle, sessionView } from './frames.ts';
import { clientId, slugSchema, tenantId } from './ids.ts';
import { limitChanges, limitOverrides, limits } from './limits.ts';
import { createdInvite } from './members.ts';
import { budgetView } from './notices.ts';
import { snapshotView } from './snapshots.ts';
import { tierSchema, workloadSchema } from './tiers.ts';
import { usageRow, usageSums } from './usage.ts';

/** Longest list an answer holds; the rest is asked for with `cursor`. */
export const MAX_PAGE = 200;
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  cursor: z.string().max(200).optional(),
});

/* Tenants (operators) */

export const createTenantBody = z.strictObject({
  platform: z.string().min(1).max(253),
  tier: tierSchema,
  /** Made up when not given. */
  slug: slugSchema.optional(),
  /** Location hint for the tenant's Durable Object. */
  region: z.enum(['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me']).optional(),
  internet: z.boolean().optional(),
});
export type CreateTenantBody = z.infer<typeof createTenantBody>;

export const updateTenantBody = z
  .strictObject({
    tier: tierSchema.optional(),
    internet: z.boolean().nullable().optional(),
    /** A value sets the tenant's own, null goes back to the tier's, what is absent stays. */
    limits: limitChanges.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    message: 'names nothing to change',
  });
export type UpdateTenantBody = z.infer<typeof updateTenantBody>;

export const suspendTenantBody = z.strictObject({
  /** For the audit; members don't see it. */
  reason: z.string().trim().min(1).max(500).optional(),
});
export type SuspendTenantBody = z.infer<typeof suspendTenantBody>;

export const deleteTenantBody = z.strictObject({
  /** The tenant's slug, typed again: what is deleted can't be brought back. */
  slug: z.string().max(253),
});
export type DeleteTenantBody = z.infer<typeof deleteTenantBody>;

export const tenantView = z.object({
  id: tenantId,
  slug: z.string(),
  platform: z.string(),
  tier: tierSchema,
  status: tenantStatus,
  region: z.string().nullable(),
  internet: z.boolean().nullable(),
  /** Its own limits in place of its tier's; null when it has none. */
  limits: limitOverrides.nullable(),
  /** What holds for it: its tier's limits, with its own in place of them. */
  effectiveLimits: limits,
  hostname: z.string(),
  hostnames: z.array(z.string()),
  /** Where members chat. */
  url: z.string(),
  sandboxId: z.string(),
  version: z.number().int(),
  /** The version the agent has; smaller than `version` while a change is under way. */
  appliedVersion: z.number().int(),
  state: z.string(),
  createdAt: z.number().int(),
  updatedAt: z.number().int(),
  /** When nothing was left but the books, UTC ms; null before. */
  deletedAt: z.number().int().nullable(),
});
export type TenantView = z.infer<typeof tenantView>;

/** 201 (or 202 while the agent does not have it yet) from `POST /admin/api/tenants`. */
export const createdTenant = tenantView.extend({
  invite: createdInvite.nullable(),
  pending: z.boolean(),
});
export type CreatedTenant = z.infer<typeof createdTenant>;

/**
 * From `PATCH /admin/api/tenants/:id`, `POST …/suspend` and `POST …/resume`: 200, or 202 while the
 * agent does not have the change; from `DELETE`: 200 when all is gone, 202 while it is going.
 */
export const updatedTenant = tenantView.extend({ pending: z.boolean() });

export const tenantList = z.object({ tenants: z.array(tenantView), cursor: z.string().nullable() });

export const usageList = z.object({
  rows: z.array(usageRow),
  cursor: z.string().nullable(),
  /** Of all the rows in the range and of that kind, not only this page's, however they ended. */
  totals: usageSums,
});

/* Agents (operators) */

/** A look at an agent that neither wakes it nor keeps it awake. */
export const agentInspection = z.object({
  tenantId,
  slug: z.string(),
  tier: tierSchema,
  status: tenantStatus,
  recordVersion: z.number().int(),
  agent: agentStatus,
  container: z.object({
    running: z.boolean(),
    generation: z.number().int(),
    /** What this generation was restored from, once its digest was verified; null for a fresh one. */
    restored: z.object({ id: z.string(), sha256: z.string() }).nullable(),
  }),
  sessions: z.number().int(),
  openTurns: z.array(
    z.object({ id: z.string(), sessionId: z.string(), state: z.string(), since: z.number().int() }),
  ),
  connections: z.number().int(),
  members: z.number().int(),
  due: z.array(
    z.object({
      kind: z.string(),
      key: z.string(),
      at: z.number().int(),
      attempts: z.number().int(),
    }),
  ),
  ledger: z.object({
    open: z.number().int(),
    unsettled: z.number().int(),
    outbox: z.number().int(),
    lastFlushAt: z.number().int().nullable(),
  }),
  policy: z.object({ version: z.number().int(), fetchedAt: z.number().int() }).nullable(),
  /** What may be used, and what is used and held of it in the windows that are (UTC). */
  limits: z.object({
    may: limits,
    minute: z.object({ start: z.number().int(), calls: z.number().int(), turns: z.number().int() }),
    day: z.object({
      start: z.number().int(),
      tokens: z.number().int(),
      heldTokens: z.number().int(),
    }),
    month: z.object({
      start: z.number().int(),
      nano: z.number().int(),
      heldNano: z.number().int(),
      /** The notice that was given for it. */
      percent: budgetView.shape.percent,
    }),
  }),
  snapshots: z.array(snapshotView),
  schedules: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      enabled: z.boolean(),
      nextAt: z.number().int().nullable(),
    }),
  ),
  lastIdleAt: z.number().int().nullable(),
  /** When this instance of the object was constructed: it changes when the object hibernated. */
  constructedAt: z.number().int(),
});
export type AgentInspection = z.infer<typeof agentInspection>;

export const sleepBody = z.strictObject({ force: z.boolean().default(false) });

/** To `POST /admin/api/agents/:id/restart`, which answers 202 with the agent's status. */
export const restartBody = z.strictObject({
  /** Restart even when a turn is open, a wake is under way, or the state can't be saved. */
  force: z.boolean().default(false),
});

/** From `POST /admin/api/agents/:id/flush`. */
export const flushResult = z.object({ flushed: z.number().int(), unsettled: z.number().int() });

/* Routing (operators) */

export const routingTestBody = z.strictObject({
  tier: tierSchema,
  platform: z.string().max(253).optional(),
  workload: workloadSchema.default('chat'),
});

export const routingTestResult = z.object({
  model: z.string(),
  explanation: z.string(),
  policyVersion: z.number().int(),
  rule: z.number().int(),
  fallbackUsed: z.boolean(),
  attempts: z.number().int(),
  latencyMs: z.number().int(),
  firstByteMs: z.number().int().nullable(),
  tokensIn: z.number().int(),
  tokensOut: z.number().int(),
  costNano: z.number().int(),
  logId: z.string().nullable(),
  callId: z.string(),
  answer: z.string(),
});
export type RoutingTestResult = z.infer<typeof routingTestResult>;

/* Members and sessions (a tenant's host, or the path form) */

export const signInBody = z.strictObject({
  invite: z.string().min(20).max(200),
  name: z.string().trim().min(1).max(80).optional(),
});

export const meView = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'user', 'operator']),
  tenant: z.object({ slug: z.string(), tier: tierSchema, platform: z.string() }),
});
export type MeView = z.infer<typeof meView>;

export const createSessionBody = z.strictObject({ title: sessionTitle.optional() });
export const renameSessionBody = z.strictObject({ title: sessionTitle });
export const sessionList = z.object({ sessions: z.array(sessionView) });
export const historyQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});
export const sessionHistory = z.object({
  session: sessionView,
  events: z.array(sessionEvent),
  /** Whether events after the last one here exist already. */
  more: z.boolean(),
});

/** One turn for programs. */
export const createTurnBody = z.strictObject({
  /** The program's own id for this message: the same one again changes nothing. */
  id: clientId,
  text: z.string().min(1),
  /** Wait for the answer, at most this long, s; 0 answers at once with the turn's id. */
  waitS: z.number().int().min(0).max(300).default(0),
});
export const turnView = z.object({
  turnId: z.string(),
  sessionId: z.string(),
  seq: z.number().int(),
  state: z.enum(['queued', 'running', 'done', 'aborted', 'error']),
  answer: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type TurnView = z.infer<typeof turnView>;

/* Health */

export const healthView = z.object({
  ok: z.boolean(),
  version: z.string(),
  /** What is missing or wrong in the Worker's configuration, a line each. */
  problems: z.array(z.string()),
});

/** From `GET /admin/api/health`: each binding and service, tried for real. */
export const healthChecks = z.object({
  ok: z.boolean(),
  /** Cloudflare's id of the Worker version that answered; null where there is none. */
  versionId: z.string().nullable().default(null),
  checks: z.array(
    z.object({
      name: z.string(),
      ok: z.boolean(),
      message: z.string(),
      fix: z.string().nullable(),
      ms: z.number().int(),
    }),
  ),
});
export type HealthChecks = z.infer<typeof healthChecks>;

/** Who the system takes the caller for, from `GET /admin/api/me`. */
export const operatorView = z.object({
  subject: z.string(),
  role: z.enum(['viewer', 'maintainer', 'admin']),
  kind: z.enum(['person', 'service', 'local']),
  /** The platforms that the system serves; the first is the default. */
  platforms: z.array(z.string()),
});
export type OperatorView = z.infer<typeof operatorView>;
