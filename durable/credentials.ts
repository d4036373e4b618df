import { AppError } from '../contract/errors.ts';
import { checkKeyWorkload, findKey, identifyKey } from './api-keys.ts';
import type { Caller, Member } from './rpc.ts';
import { findSignIn, noteSeen } from './sign-ins.ts';
import type { AgentDb } from './storage.ts';

/**
 * An operator's credential counts this long for what it has opened, ms: that their session with
 * Access or their role has ended only the edge sees, and only when it is asked.
 */
export const OPERATOR_SOCKET_MS = 60 * 60_000;

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
  const found = findSignIn(db, caller, now);
  if (!found) {
    throw new AppError('unauthenticated', 'You are signed out.', {
      hint: 'Open an invite link to sign in again.',
    });
  }
  noteSeen(db, found.signIn, now);
  const { id, name, role } = found.member;
  return { id, name, role };
}

/** When what a caller came with ends by itself, UTC ms; null when it never does. */
export function credentialEnd(db: AgentDb, caller: Caller, now: number): number | null {
  switch (caller.kind) {
    case 'member':
      return findSignIn(db, caller, now)?.signIn.expiresAt ?? null;
    case 'key':
      return findKey(db, caller, now)?.expiresAt ?? null;
    case 'operator':
      return now + OPERATOR_SOCKET_MS;
  }
}

/** Whether what a caller came with lets nobody in any more. An operator's is the edge's to say. */
export function hasEnded(db: AgentDb, caller: Caller, now: number): boolean {
  if (caller.kind === 'operator') return false;
  return (caller.kind === 'key' ? findKey(db, caller, now) : findSignIn(db, caller, now)) === null;
}
