import { base64url } from 'jose';
import { MAX_SIGNING_KEYS } from '../contract/worker-secrets.ts';
import { commaList } from './env.ts';

/** Shortest key, in bytes: as long as the digest of HMAC-SHA-256 (RFC 2104, section 3). */
export const MIN_KEY_BYTES = 32;

const HMAC = { name: 'HMAC', hash: 'SHA-256' };

/** The bytes of unpadded base64url, or null for what is not that. */
function decode(text: string): Uint8Array<ArrayBuffer> | null {
  // A single character left over stands for no whole byte (RFC 4648, section 5).
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return null;
  return new Uint8Array(base64url.decode(text));
}

/** The raw keys of SESSION_SIGNING_KEYS, newest first, or null when one of them is not a key. */
export function decodeSigningKeys(value: string): Uint8Array<ArrayBuffer>[] | null {
  const parts = commaList(value);
  if (parts.length === 0 || parts.length > MAX_SIGNING_KEYS) return null;
  const keys: Uint8Array<ArrayBuffer>[] = [];
  for (const part of parts) {
    const key = decode(part);
    if (!key || key.length < MIN_KEY_BYTES) return null;
    keys.push(key);
  }
  return keys;
}

let imported: { value: string; keys: Promise<CryptoKey[]> } | null = null;

/** The keys ready for use, newest first; imported once per isolate. */
async function signingKeys(value: string): Promise<CryptoKey[]> {
  if (imported?.value !== value) {
    const raw = decodeSigningKeys(value) ?? [];
    const keys = Promise.all(
      raw.map((key) => crypto.subtle.importKey('raw', key, HMAC, false, ['sign', 'verify'])),
    );
    imported = { value, keys };
  }
  return imported.keys;
}

/** The signature of a text under the newest key, in base64url. */
export async function signText(text: string, keysValue: string): Promise<string> {
  const [newest] = await signingKeys(keysValue);
  if (!newest) throw new Error('There is no signing key.');
  return base64url.encode(
    new Uint8Array(await crypto.subtle.sign('HMAC', newest, new TextEncoder().encode(text))),
  );
}

/** Whether any key made this signature of the text. WebCrypto compares in constant time. */
export async function verifyText(
  signed: { text: string; signature: string },
  keysValue: string,
): Promise<boolean> {
  const signature = decode(signed.signature);
  if (!signature) return false;
  const text = new TextEncoder().encode(signed.text);
  for (const key of await signingKeys(keysValue)) {
    if (await crypto.subtle.verify('HMAC', key, signature, text)) return true;
  }
  return false;
}
