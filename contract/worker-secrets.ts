import { z } from 'zod';

/** The secrets that the Worker does not serve without (charter: Env + Secrets Matrix). */
export const WORKER_SECRETS = ['CLOUDFLARE_AI_GATEWAY_API_KEY', 'SESSION_SIGNING_KEYS'] as const;
export type WorkerSecret = (typeof WORKER_SECRETS)[number];

/** Keys in force at once: the new one, the one before, and room for a hurried rotation. */
export const MAX_SIGNING_KEYS = 8;
/** Characters of a key of 32 bytes, as long as the digest of HMAC-SHA-256, in unpadded base64url. */
const MIN_KEY_CHARS = 43;

/** Whether a text is a signing key: unpadded base64url of at least 32 bytes. */
function isKey(text: string): boolean {
  // A single character left over stands for no whole byte (RFC 4648, section 5).
  return /^[A-Za-z0-9_-]+$/.test(text) && text.length >= MIN_KEY_CHARS && text.length % 4 !== 1;
}

/** What is wrong with the form of a secret, or null. It never repeats the value. */
export function secretProblem(name: WorkerSecret, value: string): string | null {
  if (name === 'CLOUDFLARE_AI_GATEWAY_API_KEY') {
    return /^[\x21-\x7e]{8,}$/.test(value) ? null : 'must be a token of the Cloudflare API';
  }
  const keys = value
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return keys.length > 0 && keys.length <= MAX_SIGNING_KEYS && keys.every(isKey)
    ? null
    : `must be 1 to ${MAX_SIGNING_KEYS} comma-separated base64url keys of at least 32 bytes`;
}

/** 256 random bits of the caller, so that no answer fits another question. */
const nonce = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

export const secretFingerprintsQuery = z.strictObject({ nonce });

/** From `GET /admin/api/secrets/fingerprints`: null for a secret that is not set. */
export const secretFingerprints = z.object({
  fingerprints: z.record(z.string(), z.string().nullable()),
});

const encoder = new TextEncoder();

/**
 * What two sides that know a secret both come to, and nobody else learns anything from: HMAC-SHA-256
 * (RFC 2104) keyed with the secret over its name and the nonce, as lower-case hex. The first line
 * keeps it apart from everything else that is signed.
 */
export async function fingerprintOf(
  secret: string,
  asked: { name: WorkerSecret; nonce: string },
): Promise<string> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), hmac, false, ['sign']);
  const text = `skclaw secret fingerprint 1\n${asked.name}\n${asked.nonce}`;
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(text));
  return [...new Uint8Array(signature)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
