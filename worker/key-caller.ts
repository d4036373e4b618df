import { parseApiKey } from '../contract/api-keys.ts';
import { sha256Hex } from '../durable/index.ts';
import type { EdgeCaller } from './access.ts';

const BEARER = /^Bearer\s+(skm_\S{1,200})\s*$/i;

/**
 * The API key that a request carries: `key` when it has the form of one, `nobody` when it only begins
 * like one, null when there is none. The agent knows whether it is valid; the secret itself goes no
 * further than here.
 */
export function keyIn(headers: Headers, host: string): EdgeCaller | null {
  const [, text] = BEARER.exec(headers.get('authorization') ?? '') ?? [];
  if (text === undefined) return null;
  const parsed = parseApiKey(text);
  if (!parsed) return { kind: 'nobody' };
  return { kind: 'key', keyId: parsed.id, secretHash: sha256Hex(parsed.secret), host };
}
