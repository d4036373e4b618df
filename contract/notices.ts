import { z } from 'zod';

/** Parts of the month's budget at which members and operators are told, in percent. */
export const BUDGET_NOTICE_PERCENTS = [80, 100] as const;

export const noticeKind = z.enum(['budget_80', 'budget_100']);
export type NoticeKind = z.infer<typeof noticeKind>;

/** How far a month's budget is used. */
export const budgetView = z.object({
  /** First moment of the month, UTC ms. */
  month: z.number().int(),
  usedNano: z.number().int(),
  limitNano: z.number().int(),
  /** The notice that the month has reached; 0 for none. */
  percent: z.union([z.literal(0), z.literal(80), z.literal(100)]),
  /** When the next month begins, UTC ms. */
  renewsAt: z.number().int(),
});
export type BudgetView = z.infer<typeof budgetView>;

export const noticeData = budgetView.pick({ month: true, usedNano: true, limitNano: true });
export type NoticeData = z.infer<typeof noticeData>;

/** From `GET /admin/api/notices`: the newest first. */
const noticeView = z.object({
  id: z.string(),
  tenantId: z.string(),
  kind: noticeKind,
  data: noticeData,
  at: z.number().int(),
});
export const noticeList = z.object({
  notices: z.array(noticeView),
  cursor: z.string().nullable(),
});
