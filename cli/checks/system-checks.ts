import { healthChecks } from '../../contract/api.ts';
import { asAppError } from '../../contract/errors.ts';
import type { Client } from '../client.ts';
import { AnsweredError } from '../errors.ts';
import { failed, passed, type Check } from './check.ts';

/** What the running system says about itself, one check for each of its own. */
export async function systemChecks(
  client: () => Promise<Client>,
): Promise<{ checks: Check[]; ok: boolean }> {
  try {
    const health = await (
      await client()
    ).request({ path: '/admin/api/health', answer: healthChecks, alsoOn503: true });
    const checks = health.checks.map(({ name, ok, message, fix }) =>
      ok
        ? passed(`system.${name}`, message)
        : failed(`system.${name}`, message, fix ?? 'npx wrangler tail'),
    );
    return {
      checks: [passed('system.reachable', 'The system answers.'), ...checks],
      ok: health.ok,
    };
  } catch (error) {
    const known = error instanceof AnsweredError ? error.body : asAppError(error);
    if (!known) throw error;
    const isOurs = known.code === 'invalid_config';
    const fix = known.hint ?? (isOurs ? 'Mend the config file first.' : 'npx wrangler tail');
    return { checks: [failed('system.reachable', known.message, fix)], ok: false };
  }
}
