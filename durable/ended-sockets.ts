import { hasEnded } from './credentials.ts';
import { clearDue, setDue } from './due.ts';
import { CLOSE_RENEW, CLOSE_SIGNED_OUT, type Sockets, type WhyClose } from './sockets.ts';
import type { AgentDb } from './storage.ts';

/**
 * Closes the sockets whose credential has ended, by whatever hand or by time, and writes the due step
 * `expire` for when the next one ends by itself. Called with every change that may end one.
 */
export function closeEnded({
  db,
  sockets,
  now,
}: {
  db: AgentDb;
  sockets: readonly Pick<Sockets, 'closeWhere'>[];
  now: number;
}): void {
  let next: number | null = null;
  const why: WhyClose = ({ caller, expiresAt }) => {
    const isOver = expiresAt !== null && expiresAt <= now;
    if (isOver || hasEnded(db, caller, now)) {
      // An operator who still is one may come back, and is asked at the edge who they are.
      return caller.kind === 'operator'
        ? { code: CLOSE_RENEW, reason: 'sign in again' }
        : { code: CLOSE_SIGNED_OUT, reason: 'signed out' };
    }
    if (expiresAt !== null) next = Math.min(next ?? expiresAt, expiresAt);
    return null;
  };
  for (const open of sockets) open.closeWhere(why);
  if (next === null) clearDue(db, 'expire', '');
  else setDue(db, 'expire', '', next);
}
