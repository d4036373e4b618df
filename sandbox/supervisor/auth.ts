import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Compares an Authorization header with the token in constant time. Both are hashed first, so
 * that neither length nor content shows in the time taken.
 */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const match = /^Bearer ([^\s]+)$/i.exec(header ?? '');
  return timingSafeEqual(digest(match?.[1] ?? ''), digest(token)) && match !== null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
