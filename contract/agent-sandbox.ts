import { z } from 'zod';
import { supervisorStatus } from './supervisor.ts';

const { memory, startedAt } = supervisorStatus.shape;

/** What the supervisor of a sandbox that is awake says of it at this moment. */
const sandboxLook = z.object({
  generation: z.number().int(),
  /** When its main process started, by its own clock, UTC ms. */
  startedAt,
  /** Bytes: the supervisor's, OpenClaw's with its children, and what the container may have. */
  memory,
  openclaw: z.object({
    version: z.string().nullable(),
    /** Times that it was started again in this generation. */
    restarts: z.number().int(),
  }),
});
export type SandboxLook = z.infer<typeof sandboxLook>;

/** From `GET /admin/api/agents/:id/sandbox`; null while there is no sandbox to ask. */
export const sandboxAnswer = z.object({
  sandbox: sandboxLook.nullable(),
  /** What this release's sandboxes are made of: the next wake's is, and one that runs may be older. */
  release: z.object({ image: z.string(), openclaw: z.string() }),
});
export type SandboxAnswer = z.infer<typeof sandboxAnswer>;
