import { z } from 'zod';
import { pageQuery } from './api.ts';
import { ulidSchema } from './ids.ts';

/** Latest time that is asked for, UTC ms: the last that a ULID holds. */
const MAX_TIME_MS = 2 ** 48 - 1;
const time = z.coerce.number().int().nonnegative().max(MAX_TIME_MS);
const exactly = z.string().min(1).max(600);

/** What `GET /admin/api/audit` is asked with: each part that is given must hold. */
export const auditQuery = pageQuery.extend({
  /** One entry. */
  id: ulidSchema.optional(),
  /** Subject of the operator who did it; `system` for what was finished later. */
  actor: exactly.optional(),
  /** Such as `tenant.update`. */
  action: exactly.optional(),
  /** What was changed, such as `tenant:<id>`. */
  target: exactly.optional(),
  /** Id or slug; a deleted one's id. */
  tenant: z.string().min(1).max(253).optional(),
  /** From this moment on, UTC ms. */
  since: time.optional(),
  /** Before this moment, UTC ms. */
  before: time.optional(),
  /** Occurs anywhere in the entry, in any case of letters. */
  q: z.string().trim().max(100).default(''),
});

/** One change: who made it, what it was, what was before and what is after, and by which request. */
const auditView = z.object({
  id: z.string(),
  /** UTC ms. */
  at: z.number().int(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  tenantId: z.string().nullable(),
  /** Its tenant's slug, also of a deleted one; null where there is no tenant. */
  tenantSlug: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string(),
});
export type AuditView = z.infer<typeof auditView>;

/** From `GET /admin/api/audit`: the newest first. */
export const auditList = z.object({
  entries: z.array(auditView),
  cursor: z.string().nullable(),
});
