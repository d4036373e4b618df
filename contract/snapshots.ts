import { z } from 'zod';
import { ulidSchema } from './ids.ts';

/** Why a snapshot was made: the agent fell asleep, worked for a while, or was told to. */
export const snapshotKind = z.enum(['sleep', 'checkpoint', 'manual']);
export type SnapshotKind = z.infer<typeof snapshotKind>;

/** How far a snapshot is: only `stored` ones count, `damaged` ones did not verify at a restore. */
export const snapshotState = z.enum(['ticketed', 'stored', 'failed', 'damaged', 'deleting']);
export type SnapshotState = z.infer<typeof snapshotState>;

/** One entry of an agent's snapshot index, as operators and owners see it. */
export const snapshotView = z.object({
  id: ulidSchema,
  kind: snapshotKind,
  state: snapshotState,
  /** Bytes; null until it is stored. */
  size: z.number().int().nullable(),
  sha256: z.string().nullable(),
  generation: z.number().int(),
  /** UTC ms. */
  createdAt: z.number().int(),
  storedAt: z.number().int().nullable(),
  /** Whether the next wake restores from it. */
  current: z.boolean(),
});
export type SnapshotView = z.infer<typeof snapshotView>;

/** From `GET /admin/api/agents/:id/snapshots` and an owner's `GET /api/snapshots`: the newest first. */
export const snapshotList = z.object({ snapshots: z.array(snapshotView) });

/** To `POST /admin/api/agents/:id/snapshots/:snapshotId/restore`. */
export const restoreBody = z.strictObject({
  /** Go back even when what changed since the newest snapshot can't be saved first. */
  force: z.boolean().default(false),
});
