import type { DebugEnv } from '../contract/debug.ts';
import type { Env } from './env.ts';

/** Variables that say nothing that must not be said. What is not named here is never shown. */
const PUBLIC_VARS = [
  'PLATFORMS',
  'CF_AI_GATEWAY_ACCOUNT_ID',
  'CF_AI_GATEWAY_GATEWAY_ID',
  'CF_AI_GATEWAY_MODEL',
  'CF_ACCESS_TEAM_DOMAIN',
  'CF_ACCESS_AUD',
  'DEV_MODE',
  'DEBUG_ROUTES',
  'IDLE_MS_OVERRIDE',
] as const satisfies readonly (keyof Env)[];

/** The configuration: public variables as they are; secrets, bindings and all else, whether they are set. */
export function describeEnv(env: Env): DebugEnv {
  const shown: ReadonlySet<string> = new Set(PUBLIC_VARS);
  const described: DebugEnv = { vars: {}, set: {} };
  for (const [name, value] of Object.entries(env)) {
    if (shown.has(name) && typeof value === 'string') described.vars[name] = value;
    else described.set[name] = value !== '' && value !== null && value !== undefined;
  }
  return described;
}
