import { z } from 'zod';

/** What the system needs to serve people, and can be tried by anybody at no cost. */
const STATUS_PARTS = ['edge', 'directory', 'records', 'snapshots'] as const;
const statusPart = z.enum(STATUS_PARTS);
export type StatusPart = z.infer<typeof statusPart>;

/** From `GET /status.json`: how the system is, in as much as everybody may know it. */
export const statusView = z.object({
  ok: z.boolean(),
  parts: z.array(z.object({ part: statusPart, ok: z.boolean() })),
  /** When it was tried, UTC ms: an answer may be half a minute old. */
  checkedAt: z.number().int(),
});
export type StatusView = z.infer<typeof statusView>;
