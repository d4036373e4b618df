import { z } from 'zod';
import { ulidSchema } from './ids.ts';

/** Invites of an agent that are open at a time: each is a way in. */
export const MAX_OPEN_INVITES = 50;
/** People of an agent; removed ones not counted. */
export const MAX_MEMBERS = 200;
/** Sign-ins of one member that hold at a time; a further one ends the oldest. */
export const MAX_SIGN_INS = 8;

const memberRole = z.enum(['owner', 'user']);
export type MemberRole = z.infer<typeof memberRole>;

/* Invites */

/** To `POST /api/invites`. */
export const createInviteBody = z.strictObject({
  role: memberRole.default('user'),
  /** Life of the invite, s; a week when not given. */
  expiresInS: z
    .number()
    .int()
    .min(60)
    .max(30 * 86_400)
    .default(7 * 86_400),
  /** One of the tenant's; when not given the one it is asked on, or the tenant's own. */
  hostname: z.string().trim().toLowerCase().min(1).max(253).optional(),
  /** A member to sign in again or elsewhere: no new one is made, and the role stays theirs. */
  memberId: ulidSchema.optional(),
});
export type CreateInviteBody = z.output<typeof createInviteBody>;

export const inviteView = z.object({
  id: ulidSchema,
  role: memberRole,
  hostname: z.string(),
  state: z.enum(['open', 'used', 'expired', 'revoked']),
  createdBy: z.string(),
  createdAt: z.number().int(),
  expiresAt: z.number().int(),
  /** The member it is for; null when it is for a new one. */
  memberId: z.string().nullable(),
  usedAt: z.number().int().nullable(),
  /** The member who came by it. */
  usedBy: z.string().nullable(),
  revokedAt: z.number().int().nullable(),
});
export type InviteView = z.infer<typeof inviteView>;

/** 201 from `POST /api/invites`: the only time that the link is said. It works once. */
export const createdInvite = inviteView.extend({ url: z.string() });
export type CreatedInvite = z.infer<typeof createdInvite>;

/** The newest first. */
export const inviteList = z.object({ invites: z.array(inviteView) });

/* Members */

/** To `PATCH /api/members/:memberId`. */
export const updateMemberBody = z
  .strictObject({ role: memberRole.optional(), name: z.string().trim().min(1).max(80).optional() })
  .refine(({ role, name }) => role !== undefined || name !== undefined, {
    message: 'names nothing to change',
  });
export type UpdateMemberBody = z.infer<typeof updateMemberBody>;

export const memberView = z.object({
  id: ulidSchema,
  name: z.string(),
  role: memberRole,
  state: z.enum(['active', 'removed']),
  createdAt: z.number().int(),
  removedAt: z.number().int().nullable(),
  /** Sign-ins that hold. */
  signIns: z.number().int(),
  /** To the quarter of an hour; null when it is not known. */
  lastSeenAt: z.number().int().nullable(),
});
export type MemberView = z.infer<typeof memberView>;

/** The newest first. */
export const memberList = z.object({ members: z.array(memberView) });

/* Sign-ins */

export const signInView = z.object({
  id: ulidSchema,
  memberId: z.string(),
  hostname: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  createdAt: z.number().int(),
  expiresAt: z.number().int(),
  revokedAt: z.number().int().nullable(),
  /** To the quarter of an hour; null before the first request. */
  lastSeenAt: z.number().int().nullable(),
  /** Whether it is the one that asks. */
  current: z.boolean(),
});
export type SignInView = z.infer<typeof signInView>;

/** The newest first. */
export const signInList = z.object({ signIns: z.array(signInView) });

/** From `POST /api/sign-ins/revoke-others`. */
export const revokedSignIns = z.object({ revoked: z.number().int() });
