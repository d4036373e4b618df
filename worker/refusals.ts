import { AppError } from '../contract/errors.ts';
import type { EdgeCaller } from './access.ts';
import { clientAddress, count, tooMany } from './count-requests.ts';
import type { EdgeContext, EdgeDeps, Trace } from './context.ts';
import type { Env } from './env.ts';
import { ASSERTION_HEADER } from './operator.ts';
import { RATE_LIMITS } from './rate-limits.ts';

/** A credential of an agent's own, as the exact one that it was; null for what no agent decides. */
function credentialOf(caller: EdgeCaller | undefined, tenantId: string | undefined): string | null {
  if (caller?.kind === 'key') return `${tenantId} ${caller.keyId} ${caller.secretHash}`;
  return caller?.kind === 'member' ? `${tenantId} ${caller.signInId}` : null;
}

const CREDENTIALS = ['authorization', 'cookie', ASSERTION_HEADER];

/** Refuses an address that has shown too many wrong credentials, before one more is looked at. */
export function refuseShutAddress(c: EdgeContext): void {
  const { refusals, now } = c.var.deps;
  if (refusals.isEmpty) return;
  const { headers } = c.req.raw;
  if (!CREDENTIALS.some((name) => headers.has(name))) return;
  const address = clientAddress(headers, c.env);
  const until = address === null ? null : refusals.shutUntil(address, now());
  if (until === null) return;
  throw tooMany(c.var.trace, 'REFUSAL_LIMIT', Math.max(1, Math.ceil((until - now()) / 1_000)));
}

/** Refuses a credential that its agent has refused already, without asking it again. */
export function refuseKnownWrong(c: EdgeContext): void {
  const { refusals, now } = c.var.deps;
  if (refusals.isEmpty) return;
  const credential = credentialOf(c.var.caller, c.var.tenant?.tenantId);
  if (credential === null || !refusals.knows(credential, now())) return;
  throw new AppError('unauthenticated', 'This credential is not valid any more.');
}

/**
 * Notes a refused credential: the agent is not asked about it again for a while, and its address has
 * one try less. The same one again costs nobody anything, so it is not counted: a program that
 * goes on with its revoked key does not lock out who shares its address.
 */
export function noteRefusal(
  request: Request,
  of: { env: Env; ctx: Pick<ExecutionContext, 'waitUntil'>; deps: EdgeDeps; trace: Trace },
): void {
  const { env, ctx, deps, trace } = of;
  const { refusals } = deps;
  const now = deps.now();
  const credential = credentialOf(trace.credential, trace.tenantId);
  if (credential === null && !request.headers.has(ASSERTION_HEADER)) return;
  if (credential !== null) {
    if (refusals.knows(credential, now)) return;
    refusals.remember(credential, now);
  }
  const address = clientAddress(request.headers, env);
  if (address === null) return;
  const counted = count({ env, log: deps.log, trace }, 'REFUSAL_LIMIT', address);
  const until = now + RATE_LIMITS.REFUSAL_LIMIT.period * 1_000;
  ctx.waitUntil(counted.then((within) => (within ? undefined : refusals.shut(address, until))));
}
