import { and, count, desc, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import { AppError } from '../contract/errors.ts';
import {
  MAX_MEMBERS,
  type MemberRole,
  type MemberView,
  type UpdateMemberBody,
} from '../contract/members.ts';
import { members, signIns } from '../db/agent/schema.ts';
import { beyondKept } from './kept-rows.ts';
import type { AgentDb } from './storage.ts';

export type MemberRow = typeof members.$inferSelect;

const isActive = isNull(members.revokedAt);

function viewOf(
  row: MemberRow,
  theirs: readonly (typeof signIns.$inferSelect)[],
  now: number,
): MemberView {
  const { id, name, role, createdAt, revokedAt } = row;
  const seen = theirs.flatMap(({ lastSeenAt }) => lastSeenAt ?? []);
  const holds = theirs.filter((one) => one.revokedAt === null && one.expiresAt > now);
  return {
    id,
    name,
    role,
    state: revokedAt === null ? 'active' : 'removed',
    createdAt,
    removedAt: revokedAt,
    signIns: holds.length,
    lastSeenAt: seen.length === 0 ? null : Math.max(...seen),
  };
}

export function countMembers(db: AgentDb): number {
  return db.select({ n: count() }).from(members).where(isActive).get()?.n ?? 0;
}

/** Adds a member. AppError limit_reached when there are as many as may be. */
export function addMember(
  db: AgentDb,
  { id, name, role, now }: { id: string; name: string; role: MemberRole; now: number },
): MemberRow {
  if (countMembers(db) >= MAX_MEMBERS) {
    throw new AppError('limit_reached', `This agent has at most ${MAX_MEMBERS} members.`, {
      hint: 'Ask an owner to remove somebody who does not need it any more.',
    });
  }
  forgetRemoved(db, now);
  return db.insert(members).values({ id, name, role, createdAt: now }).returning().get();
}

/** Forgets members who were removed long ago, with their sign-ins. */
function forgetRemoved(db: AgentDb, now: number): void {
  const isForgotten = beyondKept(db, members, {
    hasEnded: isNotNull(members.revokedAt),
    ages: [members.revokedAt],
    newest: members.revokedAt,
    now,
  });
  const forgotten = db.select({ id: members.id }).from(members).where(isForgotten);
  db.delete(signIns).where(inArray(signIns.memberId, forgotten)).run();
  db.delete(members).where(isForgotten).run();
}

/** A member who is there, or null. */
export function findMember(db: AgentDb, id: string): MemberRow | null {
  return (
    db
      .select()
      .from(members)
      .where(and(eq(members.id, id), isActive))
      .get() ?? null
  );
}

/** A member who is there, or AppError not_found. */
export function getMember(db: AgentDb, id: string): MemberRow {
  const row = findMember(db, id);
  if (!row) throw new AppError('not_found', 'There is no such member.');
  return row;
}

/** The members, newest first, with those who were removed not long ago. */
export function listMembers(db: AgentDb, now: number): MemberView[] {
  const all = db.select().from(signIns).all();
  const byMember = Map.groupBy(all, ({ memberId }) => memberId);
  const rows = db.select().from(members).orderBy(desc(members.id)).all();
  return rows.map((row) => viewOf(row, byMember.get(row.id) ?? [], now));
}

/** One of them, as listed. */
export function viewMember(db: AgentDb, row: MemberRow, now: number): MemberView {
  const theirs = db.select().from(signIns).where(eq(signIns.memberId, row.id)).all();
  return viewOf(row, theirs, now);
}

/** An agent that nobody owns could be given to nobody. AppError conflict for its last owner. */
function keepAnOwner(db: AgentDb, member: MemberRow): void {
  if (member.role !== 'owner') return;
  const others = db
    .select({ n: count() })
    .from(members)
    .where(and(isActive, eq(members.role, 'owner')))
    .get();
  if ((others?.n ?? 0) > 1) return;
  throw new AppError('conflict', 'This is the last owner.', {
    hint: 'Make somebody else an owner first.',
  });
}

/** Changes a member's name or role. AppError not_found, and conflict for the last owner's role. */
export function updateMember(db: AgentDb, id: string, { name, role }: UpdateMemberBody): MemberRow {
  const before = getMember(db, id);
  if (role === 'user') keepAnOwner(db, before);
  const after = { ...before, name: name ?? before.name, role: role ?? before.role };
  db.update(members).set({ name: after.name, role: after.role }).where(eq(members.id, id)).run();
  return after;
}

/** Removes a member; their sign-ins are others' to end. AppError not_found, and conflict for the last owner. */
export function removeMember(db: AgentDb, id: string, now: number): MemberRow {
  const before = getMember(db, id);
  keepAnOwner(db, before);
  db.update(members).set({ revokedAt: now }).where(eq(members.id, id)).run();
  return { ...before, revokedAt: now };
}
