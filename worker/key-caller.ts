import { parseApiKey } from '../contract/api-keys.ts';
import type { EdgeCaller } from './access.ts';

const BEARER = /^Bearer\s+(skm_\S{1,200})\s*$/i;

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The API key that a request carries: `key` when it has the form of one, `nobody` when it only begins
 * like one, null when there is none. The agent knows whether it is valid; the secret itself goes no
 * further than here.
 */
export async function keyIn(headers: Headers, host: string): Promise<EdgeCaller | null> {
  const [, text] = BEARER.exec(headers.get('authorization') ?? '') ?? [];
  if (text === undefined) return null;
  const parsed = parseApiKey(text);
  if (!parsed) return { kind: 'nobody' };
  return { kind: 'key', keyId: parsed.id, secretHash: await sha256Hex(parsed.secret), host };
}
