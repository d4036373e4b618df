import { AppError } from '../contract/errors.ts';

/** Longest URL, in characters: cursors and search terms fit many times. */
export const MAX_URL_CHARS = 8_192;
/** Headers of one request; browsers send about 20, and Cloudflare adds as many. */
export const MAX_HEADERS = 128;
/** Longest `cookie`, in characters; ours is under 500, and a custom host may have others. */
export const MAX_COOKIE_HEADER_CHARS = 16_384;

/** Throws uri_too_long for an address that nothing of ours has. */
export function checkUrl(url: string): void {
  if (url.length <= MAX_URL_CHARS) return;
  throw new AppError('uri_too_long', `The address has over ${MAX_URL_CHARS} characters.`);
}

/** Throws headers_too_large for more headers, or more cookies, than anything reads. */
export function checkHeaders(count: number, cookie: string | null): void {
  if (count <= MAX_HEADERS && (cookie?.length ?? 0) <= MAX_COOKIE_HEADER_CHARS) return;
  throw new AppError('headers_too_large', 'The request has too many headers or cookies.');
}
