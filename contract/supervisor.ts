import { z } from 'zod';

/** Protocol of the supervisor's port. The agent accepts this one and the one before it. */
export const SUPERVISOR_PROTOCOL = 1;
/** The port in the container on which the supervisor listens. */
export const SUPERVISOR_PORT = 8080;

const supervisorStage = z.enum(['restoring', 'booting', 'ready', 'stopping', 'stopped', 'failed']);

export const supervisorStatus = z.object({
  protocol: z.number().int(),
  generation: z.number().int(),
  rev: z.number().int(),
  stage: supervisorStage,
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  startedAt: z.number(),
  timings: z.object({
    restoreMs: z.number().optional(),
    configMs: z.number().optional(),
    bootMs: z.number().optional(),
    readyMs: z.number().optional(),
  }),
  openclaw: z.object({
    version: z.string().max(64).nullable(),
    pid: z.number().nullable(),
    restarts: z.number().int(),
    /** Whether OpenClaw answers; only said to who asks with `?check`, and null before it is ready. */
    healthy: z.boolean().nullish(),
    lastExit: z.unknown().optional(),
  }),
  memory: z.object({
    rssBytes: z.number(),
    openclawRssBytes: z.number().nullable(),
    limitBytes: z.number().nullable(),
  }),
  restored: z.object({ id: z.string(), sha256: z.string() }).nullable(),
});
export type SupervisorStatus = z.infer<typeof supervisorStatus>;

export const supervisorSnapshot = z.object({
  id: z.string(),
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.number().int(),
  ms: z.record(z.string(), z.number()),
});
export type SupervisorSnapshot = z.infer<typeof supervisorSnapshot>;

/** One line of `GET /logs`, redacted by the supervisor. */
export const supervisorLogLine = z.object({
  /** Counts up from 1 in each generation. */
  seq: z.number().int().positive(),
  /** UTC ms. */
  at: z.number(),
  source: z.enum(['supervisor', 'openclaw']),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  msg: z.string(),
});

/** One process of `GET /processes`: its program's name, never its arguments. */
export const supervisorProcess = z.object({
  pid: z.number().int(),
  ppid: z.number().int(),
  uid: z.number().int(),
  rssBytes: z.number(),
  name: z.string(),
});
export const supervisorProcesses = z.object({ processes: z.array(supervisorProcess) });

/** Where a generation restores from; fixed by the agent when it starts the container. */
export const restorePoint = z.object({
  id: z.string(),
  size: z.number().int(),
  sha256: z.string(),
});
export type RestorePoint = z.infer<typeof restorePoint>;
