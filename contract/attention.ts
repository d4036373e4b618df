import { z } from 'zod';
import { noticeKind } from './notices.ts';

/** Tenants that a list names; the rest is counted. */
export const MAX_ATTENTION_ENTRIES = 6;

const entry = z.object({ tenantId: z.string(), slug: z.string() });

function listOf<Fields extends z.ZodRawShape>(fields: Fields) {
  const entries = z.array(entry.extend(fields)).max(MAX_ATTENTION_ENTRIES);
  return z.object({ count: z.number().int(), entries });
}

const at = z.number().int();

/** What waits for a person, by kind; times are UTC ms. The longest waiting come first. */
export const attention = z.object({
  /** Agents that failed. One that has a next try takes it by itself. */
  failed: listOf({ since: at }),
  /** Agents whose own alarm is late by more than cron takes to mend it. */
  overdue: listOf({ dueAt: at }),
  /** Changes that their agents do not have by then. */
  pending: listOf({ since: at, version: z.number().int(), appliedVersion: z.number().int() }),
  /** Tenants that reached a notice of this month's budget, with what was used then. */
  budget: listOf({
    at,
    kind: noticeKind,
    usedNano: z.number().int(),
    limitNano: z.number().int(),
  }),
  /** Deletions that go on for that long. */
  deleting: listOf({ since: at }),
});
export type Attention = z.infer<typeof attention>;
