import type { EdgeContext } from './context.ts';
import { isDevMode } from './env.ts';
import { clearCookie } from './member-cookie.ts';

/** The headers that remove the caller's cookie, when it was their own sign-in, or they themselves, that ended. */
export function forgetCookieOf(
  c: EdgeContext,
  ended: { signInId: string } | { memberId: string },
): Record<string, string> {
  const { caller } = c.var;
  if (caller.kind !== 'member') return {};
  const isOwn =
    'signInId' in ended ? ended.signInId === caller.signInId : ended.memberId === caller.memberId;
  return isOwn ? { 'set-cookie': clearCookie(isDevMode(c.env)) } : {};
}
