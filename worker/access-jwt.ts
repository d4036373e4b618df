import { errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyResult } from 'jose';
import { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import type { OperatorKind } from '../db/queries/operators.ts';
import { accessKeySet } from './access-keys.ts';

/** Longest assertion that is looked at, in characters; Access's own are about 1,000. */
const MAX_ASSERTION_CHARS = 8_192;
/** An assertion that was issued later than this from now is no assertion of Access's, s. */
const MAX_CLOCK_SKEW_S = 60;
const TEAM_SUFFIX = '.cloudflareaccess.com';

/** What identifies a caller of Access: a person by e-mail, a service token by its client id. */
export interface Identity {
  subject: string;
  kind: OperatorKind;
}

const claims = z.object({
  iat: z.number().optional(),
  email: z.string().max(320).default(''),
  common_name: z.string().max(320).default(''),
});

/** The issuer of a team given with or without `.cloudflareaccess.com`. */
export function accessIssuer(team: string): string {
  return `https://${team.endsWith(TEAM_SUFFIX) ? team : team + TEAM_SUFFIX}`;
}

/** Where a team publishes its signing keys (Cloudflare One, "Validate JWTs"). */
export function accessCertsUrl(env: {
  CF_ACCESS_TEAM_DOMAIN: string;
  ACCESS_CERTS_URL?: string;
}): string {
  return env.ACCESS_CERTS_URL ?? `${accessIssuer(env.CF_ACCESS_TEAM_DOMAIN)}/cdn-cgi/access/certs`;
}

const keySets = new Map<string, JWTVerifyGetKey>();

/** The signing keys at an address. One set per address and isolate: there is one team. */
export function accessKeys(certsUrl: string): JWTVerifyGetKey {
  const known = keySets.get(certsUrl);
  if (known) return known;
  const keys = accessKeySet(certsUrl, {
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
  });
  keySets.set(certsUrl, keys);
  return keys;
}

/**
 * Verifies an assertion of Cloudflare Access: RS256 by one of the team's keys, from this team, for
 * this application, in force at `now`. Keys come from `keys` alone, whatever the header says. Throws access_denied for what does not hold, and
 * upstream_failed when the keys cannot be read.
 * Source: developers.cloudflare.com, Access, "Validate JWTs".
 */
export async function verifyAssertion(
  assertion: string,
  expected: { issuer: string; audience: string; keys: JWTVerifyGetKey; now: number },
): Promise<Identity> {
  const { issuer, audience, keys, now } = expected;
  if (assertion.length > MAX_ASSERTION_CHARS) throw denied('too long');
  let verified: JWTVerifyResult;
  try {
    verified = await jwtVerify(assertion, keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp'],
      currentDate: new Date(now),
    });
  } catch (cause) {
    // Anything else is of the keys and not of the assertion.
    if (cause instanceof errors.JOSEError) throw denied(cause);
    throw new AppError('upstream_failed', "Cloudflare Access's keys could not be read.", { cause });
  }
  // The team's keys sign other things than assertions too, should they ever be of another type.
  const { typ } = verified.protectedHeader;
  if (typ !== undefined && typ.toUpperCase() !== 'JWT') throw denied('another type of token');
  const parsed = claims.safeParse(verified.payload);
  if (!parsed.success) throw denied(parsed.error);
  const { iat = 0 } = parsed.data;
  if (iat > now / 1_000 + MAX_CLOCK_SKEW_S) throw denied('issued in the future');
  const { email, common_name: clientId } = parsed.data;
  if (email !== '') return { subject: email.toLowerCase(), kind: 'person' };
  if (clientId !== '') return { subject: clientId, kind: 'service' };
  throw denied('neither email nor common_name');
}

function denied(cause: unknown): AppError {
  return new AppError('access_denied', 'The credentials of Cloudflare Access are not valid.', {
    hint: 'Sign in again, or check CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET.',
    cause,
  });
}
