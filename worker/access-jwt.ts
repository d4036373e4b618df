import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import type { OperatorKind } from '../db/queries/operators.ts';

/** Longest assertion that is looked at, in characters; Access's own are about 1,000. */
const MAX_ASSERTION_CHARS = 8_192;
const TEAM_SUFFIX = '.cloudflareaccess.com';

/** What identifies a caller of Access: a person by e-mail, a service token by its client id. */
export interface Identity {
  subject: string;
  kind: OperatorKind;
}

const claims = z.object({
  email: z.string().max(320).default(''),
  common_name: z.string().max(320).default(''),
});

/** The issuer of a team given with or without `.cloudflareaccess.com`. */
export function accessIssuer(team: string): string {
  return `https://${team.endsWith(TEAM_SUFFIX) ? team : team + TEAM_SUFFIX}`;
}

const keySets = new Map<string, JWTVerifyGetKey>();

/**
 * The signing keys of a team, fetched when needed and kept by jose (Access rotates them about every
 * six weeks). One set per issuer and isolate: there is one team.
 */
export function accessKeys(issuer: string): JWTVerifyGetKey {
  const known = keySets.get(issuer);
  if (known) return known;
  const keys = createRemoteJWKSet(new URL(`${issuer}/cdn-cgi/access/certs`));
  keySets.set(issuer, keys);
  return keys;
}

/** Failures of reading the team's keys, which say nothing about the assertion. */
function isKeyFailure(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  );
}

/**
 * Verifies an assertion of Cloudflare Access: RS256 by one of the team's keys, from this team, for
 * this application, in force at `now`. Throws access_denied for what does not hold, and
 * upstream_failed when the keys cannot be read.
 * Source: developers.cloudflare.com, Access, "Validate JWTs".
 */
export async function verifyAssertion(
  assertion: string,
  expected: { issuer: string; audience: string; keys: JWTVerifyGetKey; now: number },
): Promise<Identity> {
  const { issuer, audience, keys, now } = expected;
  if (assertion.length > MAX_ASSERTION_CHARS) throw denied('too long');
  let payload: unknown;
  try {
    ({ payload } = await jwtVerify(assertion, keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp'],
      currentDate: new Date(now),
    }));
  } catch (cause) {
    if (!isKeyFailure(cause)) throw denied(cause);
    throw new AppError('upstream_failed', "Cloudflare Access's keys could not be read.", { cause });
  }
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw denied(parsed.error);
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
