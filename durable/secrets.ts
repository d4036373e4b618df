import { createHash } from 'node:crypto';

/** 256 bits of randomness as 43 characters of base64url. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** SHA-256 of a text's UTF-8 bytes, as lower-case hex. Synchronous: Web Crypto's promise costs each call of a program a turn of its own. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
