import { AppError } from '../../contract/errors.ts';
import type { Io } from '../io.ts';
import { checkedUrl } from '../target.ts';
import type { CloudApi } from './api.ts';

/** Time for one answer of Cloudflare's API, ms; the SDK asks twice more. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Kept of what Cloudflare says about a failure, characters. */
const MAX_REASON_CHARS = 300;

/** Where tokens are made and changed. */
export const TOKENS_PAGE = 'https://dash.cloudflare.com/profile/api-tokens';

/** Cloudflare's codes for a token that is none: malformed headers, an unknown or expired token. */
const NO_TOKEN_CODES: ReadonlySet<number> = new Set([1000, 1001, 6003, 6111, 9103, 9106, 9109]);

/** Asks Cloudflare's API with the token of this shell; what fails is an AppError. */
export interface Cloud {
  /**
   * Asks one thing. `permission` is what the token needs for it, as Cloudflare calls it. Throws
   * cloud_refused, not_found, conflict, invalid_request, rate_limited, upstream_timeout and
   * upstream_failed.
   */
  ask<T>(permission: string, question: (api: CloudApi) => PromiseLike<T>): Promise<T>;
  /** The same, with null for what is not there. */
  find<T>(permission: string, question: (api: CloudApi) => PromiseLike<T>): Promise<T | null>;
}

/** Variables of the shell that hold a token of Cloudflare's API. A login by wrangler is not used. */
export type TokenVariable = 'CLOUDFLARE_API_TOKEN' | 'CLOUDFLARE_AI_GATEWAY_API_KEY';

/** The token of a variable of this shell, or null. */
export function tokenOf(env: Io['env'], variable: TokenVariable): string | null {
  return env[variable]?.trim() || null;
}

/** Where the API is: Cloudflare's, unless the variable of wrangler or of the SDK says otherwise. */
function baseUrl(env: Io['env']): string | null {
  for (const name of ['CLOUDFLARE_API_BASE_URL', 'CLOUDFLARE_BASE_URL']) {
    const value = env[name]?.trim();
    if (value) return checkedUrl(value, name).href.replace(/\/+$/, '');
  }
  return null;
}

type Sdk = Pick<
  typeof import('./api.ts'),
  'APIError' | 'APIConnectionError' | 'APIConnectionTimeoutError'
>;

/** The failure of a question in our terms, with the token's variable and what the question needs. */
function cloudError(
  error: unknown,
  { variable, permission }: { variable: TokenVariable; permission: string },
  sdk: Sdk,
): unknown {
  const cause = error;
  if (error instanceof sdk.APIConnectionTimeoutError) {
    return new AppError('upstream_timeout', 'Cloudflare’s API did not answer in time.', { cause });
  }
  if (error instanceof sdk.APIConnectionError) {
    return new AppError('upstream_failed', 'Cloudflare’s API can’t be reached.', { cause });
  }
  if (!(error instanceof sdk.APIError)) return error;
  const status: number = error.status ?? 500;
  const [first] = error.errors ?? [];
  const code = first?.code;
  const reason = (first?.message ?? `status ${status}`).slice(0, MAX_REASON_CHARS);
  const said = `Cloudflare says: ${reason}${code === undefined ? '' : ` (${code})`}.`;
  if (status === 401 || (code !== undefined && status < 500 && NO_TOKEN_CODES.has(code))) {
    return new AppError('cloud_refused', `Cloudflare does not take the token of ${variable}.`, {
      hint: `Make one at ${TOKENS_PAGE} and set ${variable}.`,
      cause,
    });
  }
  if (status === 403) {
    return new AppError('cloud_refused', `${variable} may not: it needs ${permission}. ${said}`, {
      hint: `Give the token ${permission} at ${TOKENS_PAGE}.`,
      cause,
    });
  }
  if (status === 404) return new AppError('not_found', said, { cause });
  if (status === 429) return new AppError('rate_limited', said, { cause });
  if (status === 409) return new AppError('conflict', said, { cause });
  if (status < 500) return new AppError('invalid_request', said, { cause });
  return new AppError('upstream_failed', `Cloudflare’s API failed. ${said}`, { cause });
}

/**
 * A client of Cloudflare's API with the token of a variable, CLOUDFLARE_API_TOKEN by default. The
 * SDK is loaded only here, so that no other command waits for it. Throws cloud_refused where there
 * is no token.
 */
export async function openCloud(
  io: Io,
  variable: TokenVariable = 'CLOUDFLARE_API_TOKEN',
): Promise<Cloud> {
  const token = tokenOf(io.env, variable);
  // Anything else is no header value, and the error about it would quote it.
  if (token === null || !/^[\x21-\x7e]+$/.test(token)) {
    throw new AppError(
      'cloud_refused',
      token === null ? `${variable} is not set.` : `${variable} holds no token.`,
      { hint: `Make one at ${TOKENS_PAGE}; a login by wrangler is not used.` },
    );
  }
  const baseURL = baseUrl(io.env);
  const { createApi, APIError, APIConnectionError, APIConnectionTimeoutError } =
    await import('./api.ts');
  const sdk = { APIError, APIConnectionError, APIConnectionTimeoutError };
  const api = createApi({ token, baseURL, fetch: io.fetch, timeoutMs: ANSWER_TIMEOUT_MS });
  const ask: Cloud['ask'] = async (permission, question) => {
    try {
      return await question(api);
    } catch (error) {
      throw cloudError(error, { variable, permission }, sdk);
    }
  };
  return {
    ask,
    async find(permission, question) {
      try {
        return await ask(permission, question);
      } catch (error) {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      }
    },
  };
}
