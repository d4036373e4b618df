import { and, count, eq, isNull } from 'drizzle-orm';
import { ulid } from 'ulid';
import { AppError } from '../contract/errors.ts';
import { checkKeyWorkload, identifyKey } from './api-keys.ts';
import { invites, members, signIns } from '../db/agent/schema.ts';
import { randomToken, sha256Hex } from './secrets.ts';
import type { Caller, Member, NewInvite, SignedIn } from './rpc.ts';
import type { AgentDb } from './storage.ts';

/** A sign-in lasts this long, ms; then the member needs another invite. */
export const SIGN_IN_MS = 90 * 86_400_000;

const badInvite = (): AppError =>
  new AppError('invite_invalid', 'This invite was used already, has expired or was revoked.', {
    hint: 'Ask whoever invited you for a new link.',
  });

/** Makes an invite for one hostname. The token is returned once and only its hash is kept. */
export async function createInvite(
  db: AgentDb,
  options: {
    role: 'owner' | 'user';
    expiresInMs: number;
    hostname: string;
    by: string;
    now: number;
  },
): Promise<NewInvite> {
  const token = randomToken();
  const tokenHash = sha256Hex(token);
  const id = ulid(options.now);
  const expiresAt = options.now + options.expiresInMs;
  const { role, hostname, by, now } = options;
  db.insert(invites)
    .values({ id, tokenHash, role, hostname, createdBy: by, createdAt: now, expiresAt })
    .run();
  return { id, token, role, expiresAt };
}

/** Uses up an invite: a member and a sign-in come of it. AppError invite_invalid otherwise. */
export async function signIn(
  db: AgentDb,
  options: { invite: string; name: string | undefined; host: string; now: number },
): Promise<SignedIn> {
  const tokenHash = sha256Hex(options.invite);
  // From here to the end without an await: of two that open the link at once, one gets in.
  const invite = db.select().from(invites).where(eq(invites.tokenHash, tokenHash)).get();
  const { now, host } = options;
  if (!invite || invite.usedAt !== null || invite.revokedAt !== null) throw badInvite();
  if (invite.expiresAt <= now || invite.hostname !== host) throw badInvite();
  const member: Member = {
    id: ulid(now),
    name: options.name ?? (invite.role === 'owner' ? 'Owner' : 'Member'),
    role: invite.role,
  };
  const signInId = ulid(now);
  const expiresAt = now + SIGN_IN_MS;
  db.update(invites).set({ usedAt: now }).where(eq(invites.id, invite.id)).run();
  db.insert(members)
    .values({ id: member.id, name: member.name, role: invite.role, createdAt: now })
    .run();
  db.insert(signIns)
    .values({ id: signInId, memberId: member.id, hostname: host, createdAt: now, expiresAt })
    .run();
  return { member, signInId, expiresAt };
}

/**
 * Who a caller is, by the agent's own tables: a revoked or expired sign-in is AppError
 * unauthenticated at the next request.
 */
export function identify(db: AgentDb, caller: Caller, now: number): Member {
  if (caller.kind === 'key') {
    const { id, name, workloads } = identifyKey(db, caller, now);
    // Messages are turns, and turns are calls of the workload chat.
    checkKeyWorkload({ workloads }, 'chat');
    return { id: `key:${id}`, name, role: 'user' };
  }
  if (caller.kind === 'operator') {
    return { id: `operator:${caller.subject}`, name: caller.subject, role: 'operator' };
  }
  const row = db
    .select({ signIn: signIns, member: members })
    .from(signIns)
    .innerJoin(members, eq(members.id, signIns.memberId))
    .where(eq(signIns.id, caller.signInId))
    .get();
  const valid =
    row &&
    row.signIn.memberId === caller.memberId &&
    row.signIn.hostname === caller.host &&
    row.signIn.revokedAt === null &&
    row.signIn.expiresAt > now &&
    row.member.revokedAt === null;
  if (!valid) {
    throw new AppError('unauthenticated', 'You are signed out.', {
      hint: 'Open an invite link to sign in again.',
    });
  }
  return { id: row.member.id, name: row.member.name, role: row.member.role };
}

/** Ends one sign-in. Ending it twice changes nothing. */
export function signOut(db: AgentDb, signInId: string, now: number): void {
  db.update(signIns)
    .set({ revokedAt: now })
    .where(and(eq(signIns.id, signInId), isNull(signIns.revokedAt)))
    .run();
}

export function countMembers(db: AgentDb): number {
  return db.select({ n: count() }).from(members).where(isNull(members.revokedAt)).get()?.n ?? 0;
}
