import { healthChecks } from '../../contract/api.ts';
import { asAppError } from '../../contract/errors.ts';
import type { Client } from '../client.ts';
import type { Config } from '../config.ts';
import { AnsweredError } from '../errors.ts';
import { failed, passed, skipped, type Check } from './check.ts';
import { governanceChecks, type Governance } from './routing-checks.ts';

/** What a system is asked about when the config file names no platform: the local one. */
const LOCAL_PLATFORM = 'localhost';

export interface SystemResult {
  checks: Check[];
  /** Whether it found nothing wrong with itself: then it has what we can't see. */
  ok: boolean;
  /** Whether somebody is admin; null when it isn't known. */
  hasAdmin: boolean | null;
}

/** All of them skipped, for one reason. */
export function skipSystem(reason: string): SystemResult {
  const checks = ['system.reachable', 'routing.policy'].map((name) => skipped(name, reason));
  return { checks, ok: false, hasAdmin: null };
}

/** The failure of a question as a check; throws what is no answer of a system. */
function failedQuestion(name: string, error: unknown): Check {
  const known = error instanceof AnsweredError ? error.body : asAppError(error);
  if (!known) throw error;
  const isOurs = known.code === 'invalid_config';
  const fix = known.hint ?? (isOurs ? 'Mend the config file first.' : 'npx wrangler tail');
  return failed(name, known.message, fix);
}

/** What the running system says about itself, one check for each of its own, and of its routing. */
export async function systemChecks(
  open: () => Promise<Client>,
  { config, environment }: { config: Config | null; environment: string },
): Promise<SystemResult> {
  let client: Client;
  let health;
  try {
    client = await open();
    health = await client.request({
      path: '/admin/api/health',
      answer: healthChecks,
      alsoOn503: true,
    });
  } catch (error) {
    const unreachable = failedQuestion('system.reachable', error);
    const unknown = skipped('routing.policy', 'The system does not say which policy is in force.');
    return { checks: [unreachable, unknown], ok: false, hasAdmin: null };
  }
  const own = health.checks.map(({ name, ok, message, fix }) =>
    ok
      ? passed(`system.${name}`, message)
      : failed(`system.${name}`, message, fix ?? 'npx wrangler tail'),
  );
  let governance: Governance;
  try {
    const platform = config?.defaultPlatform ?? LOCAL_PLATFORM;
    governance = await governanceChecks(client, { config, platform, environment });
  } catch (error) {
    governance = { checks: [failedQuestion('routing.policy', error)], hasAdmin: null };
  }
  return {
    checks: [passed('system.reachable', 'The system answers.'), ...own, ...governance.checks],
    ok: health.ok,
    hasAdmin: governance.hasAdmin,
  };
}
