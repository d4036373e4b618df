import { and, count, desc, eq, gt, isNotNull, isNull, lte, or } from 'drizzle-orm';
import { AppError } from '../contract/errors.ts';
import { MAX_OPEN_INVITES, type InviteView, type MemberRole } from '../contract/members.ts';
import { invites } from '../db/agent/schema.ts';
import { isElsewhere } from './elsewhere.ts';
import { beyondKept } from './kept-rows.ts';
import type { NewInvite } from './rpc.ts';
import { randomToken, sha256Hex } from './secrets.ts';
import type { AgentDb } from './storage.ts';

export type Invite = typeof invites.$inferSelect;

const isOpen = (now: number) =>
  and(isNull(invites.usedAt), isNull(invites.revokedAt), gt(invites.expiresAt, now));

function stateOf({ usedAt, revokedAt, expiresAt }: Invite, now: number): InviteView['state'] {
  if (usedAt !== null) return 'used';
  if (revokedAt !== null) return 'revoked';
  return expiresAt <= now ? 'expired' : 'open';
}

function viewOf(row: Invite, now: number): InviteView {
  const { tokenHash: _hash, creatorId: _creator, ...rest } = row;
  return { ...rest, state: stateOf(row, now) };
}

/**
 * Makes an invite for one hostname. The token is answered once and only its hash is kept. AppError
 * limit_reached when as many are open as may be.
 */
export function createInvite(
  db: AgentDb,
  invite: {
    id: string;
    role: MemberRole;
    hostname: string;
    /** Whom it signs in; null for a new member. */
    memberId: string | null;
    expiresInMs: number;
    /** `id` is the member's who makes it; null for an operator. */
    by: { id: string | null; name: string };
    now: number;
  },
): NewInvite {
  const { id, role, hostname, memberId, expiresInMs, by, now } = invite;
  const open = db.select({ n: count() }).from(invites).where(isOpen(now)).get()?.n ?? 0;
  if (open >= MAX_OPEN_INVITES) {
    throw new AppError('limit_reached', `At most ${MAX_OPEN_INVITES} invites may be open.`, {
      hint: 'Revoke one that is not needed any more.',
    });
  }
  forgetEnded(db, now);
  const token = randomToken();
  const row = db
    .insert(invites)
    .values({
      id,
      tokenHash: sha256Hex(token),
      role,
      hostname,
      memberId,
      createdBy: by.name,
      creatorId: by.id,
      createdAt: now,
      expiresAt: now + expiresInMs,
    })
    .returning()
    .get();
  return { ...viewOf(row, now), token };
}

function forgetEnded(db: AgentDb, now: number): void {
  const hasEnded = or(
    isNotNull(invites.usedAt),
    isNotNull(invites.revokedAt),
    lte(invites.expiresAt, now),
  );
  // An invite is open for a month at most: one made long ago has ended.
  const ages = [invites.createdAt];
  db.delete(invites)
    .where(beyondKept(db, invites, { hasEnded, ages, now }))
    .run();
}

/** The invites, newest first, with those that ended not long ago. */
export function listInvites(db: AgentDb, now: number): InviteView[] {
  const rows = db.select().from(invites).orderBy(desc(invites.id)).all();
  return rows.map((row) => viewOf(row, now));
}

/** Ends an invite. Ending it twice changes nothing. AppError not_found, and conflict for a used one. */
export function revokeInvite(db: AgentDb, id: string, now: number): InviteView {
  const row = db.select().from(invites).where(eq(invites.id, id)).get();
  if (!row) throw new AppError('not_found', 'There is no such invite.');
  if (row.usedAt !== null) {
    throw new AppError('conflict', 'This invite was used already.', {
      hint: 'Remove the member who came by it, if they may not stay.',
    });
  }
  const revokedAt = row.revokedAt ?? now;
  db.update(invites).set({ revokedAt }).where(eq(invites.id, id)).run();
  return viewOf({ ...row, revokedAt }, now);
}

/** Ends the open invites that a member has made, or that sign them in: ways back in. */
export function revokeInvitesOf(
  db: AgentDb,
  memberId: string,
  { made, now }: { made: boolean; now: number },
): void {
  const isTheirs = eq(invites.memberId, memberId);
  db.update(invites)
    .set({ revokedAt: now })
    .where(and(isOpen(now), made ? or(isTheirs, eq(invites.creatorId, memberId)) : isTheirs))
    .run();
}

/** Ends the open invites for hostnames that are not the tenant's any more. */
export function revokeInvitesElsewhere(db: AgentDb, hostnames: string[], now: number): void {
  db.update(invites)
    .set({ revokedAt: now })
    .where(and(isOpen(now), isElsewhere(invites.hostname, hostnames)))
    .run();
}

/** The open invite of a token, for the host it is opened on. AppError invite_invalid. */
export function openInvite(
  db: AgentDb,
  { token, host, now }: { token: string; host: string; now: number },
): Invite {
  const hash = sha256Hex(token);
  const row = db.select().from(invites).where(eq(invites.tokenHash, hash)).get();
  if (!row) throw invalidInvite('unknown');
  const state = stateOf(row, now);
  if (state !== 'open') throw invalidInvite(state);
  if (row.hostname !== host) throw invalidInvite('elsewhere', row.hostname);
  return row;
}

const ASK_AGAIN = 'Ask whoever invited you for a new link.';

/** What the holder of a link that lets nobody in is told, and what they can do. */
const REFUSALS: Record<Exclude<InviteView['state'], 'open'> | 'unknown', [string, string]> = {
  used: [
    'This invite was used already.',
    'If it was you, open the chat in the browser that you joined in. Otherwise ask whoever invited you for a new link.',
  ],
  expired: ['This invite has expired.', ASK_AGAIN],
  revoked: ['This invite was withdrawn.', ASK_AGAIN],
  unknown: [
    'This invite is not known at this address.',
    'Check that the link is complete and that you opened it as it was sent to you.',
  ],
};

/** The refusal of an invite that lets nobody in here; `hostname` is where it would. */
export function invalidInvite(why: keyof typeof REFUSALS | 'elsewhere', hostname = ''): AppError {
  const [message, hint] =
    why === 'elsewhere'
      ? ['This invite is for another address.', `Open it at ${hostname}.`]
      : REFUSALS[why];
  return new AppError('invite_invalid', message, { hint });
}

/** An invite has let a member in: it is used up. */
export function noteUsed(
  db: AgentDb,
  id: string,
  { usedBy, now }: { usedBy: string; now: number },
): void {
  db.update(invites).set({ usedAt: now, usedBy }).where(eq(invites.id, id)).run();
}
