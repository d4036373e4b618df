import { and, asc, desc, eq, gt, isNotNull, isNull, lte, ne, or } from 'drizzle-orm';
import { ulid } from 'ulid';
import { AppError } from '../contract/errors.ts';
import { MAX_SIGN_INS, type SignInView } from '../contract/members.ts';
import { members, signIns } from '../db/agent/schema.ts';
import { isElsewhere } from './elsewhere.ts';
import { invalidInvite, noteUsed, openInvite } from './invites.ts';
import { beyondKept } from './kept-rows.ts';
import { addMember, findMember, type MemberRow } from './members.ts';
import type { Caller, SignedIn } from './rpc.ts';
import type { AgentDb } from './storage.ts';

/** A sign-in lasts this long, ms; then the member needs another invite. */
export const SIGN_IN_MS = 90 * 86_400_000;
/** A sign-in's use is noted at most this often, ms: not every request is worth a write. */
const LAST_SEEN_EVERY_MS = 15 * 60_000;

type SignIn = typeof signIns.$inferSelect;

const holds = (now: number) => and(isNull(signIns.revokedAt), gt(signIns.expiresAt, now));

function stateOf({ revokedAt, expiresAt }: SignIn, now: number): SignInView['state'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt <= now ? 'expired' : 'active';
}

/** A sign-in as listed; `current` when it is the one that asks. */
export function viewOf(
  row: SignIn,
  { current, now }: { current: boolean; now: number },
): SignInView {
  return { ...row, state: stateOf(row, now), current };
}

/**
 * Uses up an invite: a sign-in comes of it, and a member unless it is for one who is there. AppError
 * invite_invalid, and limit_reached when there are as many members as may be.
 */
export function signIn(
  db: AgentDb,
  options: { invite: string; name: string | undefined; host: string; now: number },
): SignedIn {
  const { invite: token, name, host, now } = options;
  // Without an await to the end: of two that open the link at once, one gets in.
  const { id, role, memberId } = openInvite(db, { token, host, now });
  const known = memberId === null ? null : findMember(db, memberId);
  if (memberId !== null && !known) throw invalidInvite('revoked');
  const nameless = role === 'owner' ? 'Owner' : 'Member';
  const member = known ?? addMember(db, { id: ulid(now), name: name ?? nameless, role, now });
  noteUsed(db, id, { usedBy: member.id, now });
  const { id: signInId, expiresAt } = addSignIn(db, { memberId: member.id, host, now });
  return {
    member: { id: member.id, name: member.name, role: member.role },
    signInId,
    expiresAt,
  };
}

function addSignIn(
  db: AgentDb,
  { memberId, host, now }: { memberId: string; host: string; now: number },
): SignIn {
  forgetEnded(db, now);
  const older = db
    .select({ id: signIns.id })
    .from(signIns)
    .where(and(eq(signIns.memberId, memberId), holds(now)))
    .orderBy(asc(signIns.createdAt))
    .all();
  for (const { id } of older.slice(0, Math.max(0, older.length - MAX_SIGN_INS + 1))) {
    endSignIn(db, id, now);
  }
  const expiresAt = now + SIGN_IN_MS;
  return db
    .insert(signIns)
    .values({ id: ulid(now), memberId, hostname: host, createdAt: now, expiresAt })
    .returning()
    .get();
}

function forgetEnded(db: AgentDb, now: number): void {
  const hasEnded = or(isNotNull(signIns.revokedAt), lte(signIns.expiresAt, now));
  const ages = [signIns.revokedAt, signIns.expiresAt];
  db.delete(signIns)
    .where(beyondKept(db, signIns, { hasEnded, ages, now }))
    .run();
}

/** A member's sign-in that holds, or null: ended, expired, of a removed member, or not theirs. */
export function findSignIn(
  db: AgentDb,
  caller: Extract<Caller, { kind: 'member' }>,
  now: number,
): { signIn: SignIn; member: MemberRow } | null {
  const row = db
    .select({ signIn: signIns, member: members })
    .from(signIns)
    .innerJoin(members, eq(members.id, signIns.memberId))
    .where(and(eq(signIns.id, caller.signInId), holds(now), isNull(members.revokedAt)))
    .get();
  if (!row || row.member.id !== caller.memberId) return null;
  return row.signIn.hostname === caller.host ? row : null;
}

/** A sign-in was used. */
export function noteSeen(db: AgentDb, { id, lastSeenAt }: SignIn, now: number): void {
  if (lastSeenAt !== null && now - lastSeenAt < LAST_SEEN_EVERY_MS) return;
  db.update(signIns).set({ lastSeenAt: now }).where(eq(signIns.id, id)).run();
}

/** Sign-ins, newest first, with those that ended not long ago; of one member, or of all. */
export function listSignIns(
  db: AgentDb,
  { memberId, current, now }: { memberId: string | null; current: string | null; now: number },
): SignInView[] {
  return db
    .select()
    .from(signIns)
    .where(memberId === null ? undefined : eq(signIns.memberId, memberId))
    .orderBy(desc(signIns.id))
    .all()
    .map((row) => viewOf(row, { current: row.id === current, now }));
}

/** A sign-in, whether it holds or not. AppError not_found; another member's is not `memberId`'s to know of. */
export function getSignIn(db: AgentDb, id: string, memberId: string | null): SignIn {
  const row = db.select().from(signIns).where(eq(signIns.id, id)).get();
  if (row && (memberId === null || row.memberId === memberId)) return row;
  throw new AppError('not_found', 'There is no such sign-in.');
}

/** Ends one sign-in. Ending it twice changes nothing. */
export function endSignIn(db: AgentDb, id: string, now: number): void {
  db.update(signIns)
    .set({ revokedAt: now })
    .where(and(eq(signIns.id, id), isNull(signIns.revokedAt)))
    .run();
}

/** Ends a member's sign-ins, but for one; answers how many there were. */
export function endSignInsOf(
  db: AgentDb,
  memberId: string,
  { except = '', now }: { except?: string; now: number },
): number {
  const theirs = and(eq(signIns.memberId, memberId), ne(signIns.id, except), holds(now));
  return db
    .update(signIns)
    .set({ revokedAt: now })
    .where(theirs)
    .returning({ id: signIns.id })
    .all().length;
}

/** Ends sign-ins at hostnames that are not the tenant's any more: they don't come back with the hostname. */
export function endSignInsElsewhere(db: AgentDb, hostnames: string[], now: number): void {
  db.update(signIns)
    .set({ revokedAt: now })
    .where(and(holds(now), isElsewhere(signIns.hostname, hostnames)))
    .run();
}
