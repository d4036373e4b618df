import type { JWTVerifyGetKey } from 'jose';
import { AppError } from '../contract/errors.ts';
import type { OperatorRole } from '../db/queries/operators.ts';
import type { EdgeCaller } from './access.ts';
import { accessCertsUrl, accessIssuer, verifyAssertion, type Identity } from './access-jwt.ts';
import { commaList, isDevMode, type Env } from './env.ts';

export type Operator = Extract<EdgeCaller, { kind: 'operator' }>;

/** Where Cloudflare Access says who asks. */
export const ASSERTION_HEADER = 'cf-access-jwt-assertion';
/** Headers of a service token, which Access itself turns into an assertion. */
const TOKEN_HEADERS = ['cf-access-client-id', 'cf-access-client-secret'];

/** Who a caller of Access is to us; a stranger is null. */
export interface OperatorDeps {
  keysOf(certsUrl: string): JWTVerifyGetKey;
  roleOf(identity: Identity): Promise<OperatorRole | null>;
  now: number;
}

type OperatorEnv = Pick<
  Env,
  'DEV_MODE' | 'CF_ACCESS_TEAM_DOMAIN' | 'CF_ACCESS_AUD' | 'ACCESS_ADMINS' | 'ACCESS_CERTS_URL'
>;

/** The identities that the configuration itself names as admins: whoever has an @ is a person. */
export function listedAdmins(env: Pick<Env, 'ACCESS_ADMINS'>): Identity[] {
  return commaList(env.ACCESS_ADMINS).map((entry) =>
    entry.includes('@')
      ? { subject: entry.toLowerCase(), kind: 'person' }
      : { subject: entry, kind: 'service' },
  );
}

function isListedAdmin(env: OperatorEnv, { subject, kind }: Identity): boolean {
  return listedAdmins(env).some((admin) => admin.subject === subject && admin.kind === kind);
}

async function fromAssertion(
  assertion: string,
  env: OperatorEnv,
  deps: OperatorDeps,
): Promise<Operator> {
  const issuer = accessIssuer(env.CF_ACCESS_TEAM_DOMAIN);
  const identity = await verifyAssertion(assertion, {
    issuer,
    audience: env.CF_ACCESS_AUD,
    keys: deps.keysOf(accessCertsUrl(env)),
    now: deps.now,
  });
  const role = isListedAdmin(env, identity) ? 'admin' : await deps.roleOf(identity);
  if (!role) {
    throw new AppError('forbidden', `${identity.subject} is not an operator of this system.`, {
      hint: 'An admin has to add you.',
    });
  }
  return { kind: 'operator', subject: identity.subject, role, via: identity.kind };
}

/**
 * The operator that a request's headers prove, or null when they say nothing. Only Access's header
 * counts, never its cookie. With DEV_MODE, which serves this machine only, a caller without
 * credentials is the operator `local`; one with credentials that nobody can vouch for is refused,
 * so that a refusal can be tried without a cloud. Throws access_denied, forbidden, upstream_failed.
 */
export async function identifyOperator(
  headers: Headers,
  env: OperatorEnv,
  deps: OperatorDeps,
): Promise<Operator | null> {
  const assertion = headers.get(ASSERTION_HEADER);
  const devMode = isDevMode(env);
  const hasTeam = env.CF_ACCESS_TEAM_DOMAIN !== '' && env.CF_ACCESS_AUD !== '';
  if (assertion !== null && hasTeam) return fromAssertion(assertion, env, deps);
  const isUnvouched = assertion !== null || TOKEN_HEADERS.some((name) => headers.has(name));
  if (devMode && isUnvouched) {
    throw new AppError('access_denied', 'Nobody can vouch for these credentials here.', {
      hint: 'With DEV_MODE, leave the credentials of Cloudflare Access out.',
    });
  }
  return devMode ? { kind: 'operator', subject: 'local', role: 'admin', via: 'local' } : null;
}
