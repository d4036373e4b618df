import type { HealthChecks } from '../contract/api.ts';
import { asAppError } from '../contract/errors.ts';
import { readActivePolicy } from '../db/queries/policies.ts';
import { openDb } from '../db/queries/open.ts';
import type { EdgeDeps } from './context.ts';
import type { Env } from './env.ts';
import { systemAgent } from './system-agent.ts';

/** Longest a check may take, ms: the page that shows them should answer while one of them hangs. */
const CHECK_TIMEOUT_MS = 8_000;

const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';

/** One thing that is tried for real. `run` answers what was seen, or throws. */
export interface HealthCheck {
  name: string;
  /** What to do when it fails. */
  fix: string;
  run(signal: AbortSignal): Promise<string>;
}

/** A failed check's message: made by us, so that nothing a service said leaks. */
class CheckFailure extends Error {}

/** Reading one log entry needs the same account, gateway and key as a model call, and costs nothing. */
async function askGateway(env: Env, fetcher: typeof fetch, signal: AbortSignal): Promise<string> {
  const base = env.AI_GATEWAY_BASE_URL ?? CLOUDFLARE_API;
  const { CF_AI_GATEWAY_ACCOUNT_ID: account, CF_AI_GATEWAY_GATEWAY_ID: gateway } = env;
  const response = await fetcher(
    `${base}/accounts/${account}/ai-gateway/gateways/${gateway}/logs?per_page=1`,
    { headers: { authorization: `Bearer ${env.CLOUDFLARE_AI_GATEWAY_API_KEY}` }, signal },
  ).catch((cause: unknown) => {
    throw new CheckFailure('The AI Gateway cannot be reached.', { cause });
  });
  await response.body?.cancel();
  if (response.status === 401 || response.status === 403) {
    throw new CheckFailure('The API key is refused.');
  }
  if (response.status === 404) throw new CheckFailure('The account has no such gateway.');
  if (!response.ok) throw new CheckFailure(`The AI Gateway answered ${response.status}.`);
  return env.AI_GATEWAY_BASE_URL === undefined
    ? 'The AI Gateway knows the key and the gateway.'
    : 'The local stand-in of the AI Gateway answers.';
}

/** The checks of this deployment, a binding or service each. */
export function healthChecksOf(
  env: Env,
  deps: Pick<EdgeDeps, 'agentOf' | 'fetch' | 'now'>,
): HealthCheck[] {
  const db = openDb(env.DB);
  return [
    {
      name: 'd1',
      fix: 'Apply the migrations: skclaw deploy does, or wrangler d1 migrations apply.',
      async run() {
        const policy = await readActivePolicy(db, deps.now());
        return `Policy ${policy.version} is in force.`;
      },
    },
    {
      name: 'kv',
      fix: 'Check the id of the KV namespace DIRECTORY.',
      async run() {
        await env.DIRECTORY.get('health');
        return 'The tenant directory can be read.';
      },
    },
    {
      name: 'r2',
      fix: 'Check the name of the R2 bucket of SNAPSHOTS.',
      async run() {
        await env.SNAPSHOTS.head('health');
        return 'The snapshots can be read.';
      },
    },
    {
      name: 'agent',
      fix: "Look for the system tenant's agent in the Worker's log.",
      async run() {
        const agent = await systemAgent(db, (address) => deps.agentOf(env, address));
        const status = await agent.status();
        return `The system tenant's agent answers: ${status.state}.`;
      },
    },
    {
      name: 'ai-gateway',
      fix: 'Check CF_AI_GATEWAY_ACCOUNT_ID, CF_AI_GATEWAY_GATEWAY_ID and the API key, which needs Workers AI and AI Gateway read.',
      run: (signal) => askGateway(env, deps.fetch, signal),
    },
  ];
}

function failureMessage(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `No answer within ${CHECK_TIMEOUT_MS / 1_000} s.`;
  if (error instanceof CheckFailure) return error.message;
  return asAppError(error)?.message ?? 'It failed.';
}

async function runCheck(
  check: HealthCheck,
  options: { now(): number; onFailure(name: string, error: unknown): void },
): Promise<HealthChecks['checks'][number]> {
  const started = options.now();
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const timeout = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const { name, fix } = check;
  try {
    const message = await Promise.race([check.run(signal), timeout]);
    return { name, ok: true, message, fix: null, ms: options.now() - started };
  } catch (error) {
    options.onFailure(name, error);
    const message = failureMessage(error, signal);
    return { name, ok: false, message, fix, ms: options.now() - started };
  }
}

/** Tries all checks at once; each fails alone. */
export async function runChecks(
  checks: readonly HealthCheck[],
  options: { now(): number; onFailure(name: string, error: unknown): void },
): Promise<Pick<HealthChecks, 'ok' | 'checks'>> {
  const results = await Promise.all(checks.map((check) => runCheck(check, options)));
  return { ok: results.every((result) => result.ok), checks: results };
}
