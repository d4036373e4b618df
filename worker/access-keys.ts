import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';

/** Keys are read again after this long, ms. Access rotates them about every six weeks. */
export const KEYS_FRESH_MS = 10 * 60_000;
/** From a read to the next one for an id that it did not bring, ms: made-up ids cost one read. */
export const KEYS_COOLDOWN_MS = 30_000;
/** From a read that failed to the next, ms. */
export const KEYS_RETRY_MS = 5_000;
/**
 * While the certs endpoint is down, known keys go on for so long, ms. A key that was rotated out stays
 * valid for 7 days ("Validate JWTs", Cloudflare One's documentation), so this is never too generous.
 */
export const KEYS_STALE_MS = 24 * 3_600_000;
/** The certs endpoint answers in far less, ms. */
const READ_TIMEOUT_MS = 5_000;

/** What reading a team's keys touches. */
export interface KeySetDeps {
  fetch: typeof fetch;
  now(): number;
}

/** The keys could not be read: that says nothing about who asked. */
class KeysUnreadable extends Error {}

async function readKeys(url: string, deps: KeySetDeps): Promise<JWTVerifyGetKey> {
  try {
    const response = await deps.fetch(url, {
      headers: { accept: 'application/json' },
      // Who answers with another address is not believed.
      redirect: 'manual',
      signal: AbortSignal.timeout(READ_TIMEOUT_MS),
    });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    return createLocalJWKSet(await response.json());
  } catch (cause) {
    throw new KeysUnreadable("Cloudflare Access's keys could not be read.", { cause });
  }
}

/**
 * The signing keys at `url` for jose: read when first needed, when they are old, and once for an id
 * that is not among them. What is known goes on while they cannot be read; what is not is
 * KeysUnreadable then, and JWKSNoMatchingKey otherwise. Requests don't wait for each other's reads:
 * one that is cancelled would take the others with it.
 */
export function accessKeySet(url: string, deps: KeySetDeps): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown = null;

  async function read(): Promise<void> {
    try {
      keys = await readKeys(url, deps);
      readAt = deps.now();
      failure = null;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      triedAt = deps.now();
    }
  }

  const mayRead = (): boolean =>
    deps.now() - triedAt >= (failure === null ? KEYS_COOLDOWN_MS : KEYS_RETRY_MS);

  async function currentKeys(): Promise<JWTVerifyGetKey> {
    const age = deps.now() - readAt;
    if (keys && age < KEYS_FRESH_MS) return keys;
    if (mayRead()) {
      await read().catch((error: unknown) => {
        if (age >= KEYS_STALE_MS) throw error;
      });
    } else if (age >= KEYS_STALE_MS) throw failure;
    if (!keys) throw failure;
    return keys;
  }

  return async (header, token) => {
    const known = await currentKeys();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (mayRead()) await read();
      else if (failure !== null) throw failure;
      return (await currentKeys())(header, token);
    }
  };
}
