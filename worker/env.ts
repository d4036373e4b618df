import type { AgentEnv } from '../durable/index.ts';
import type { RateLimitName } from './rate-limits.ts';

/** Everything the Worker is given: what agents use, and what only the edge does. */
export interface Env extends AgentEnv, Record<RateLimitName, RateLimit> {
  /** Hot copy of hostname → tenant. */
  DIRECTORY: KVNamespace;
  ASSETS: Fetcher;
  /** Which version of the Worker runs; Cloudflare gives it. */
  CF_VERSION_METADATA?: WorkerVersionMetadata;
  /** Comma-separated base64url keys of at least 32 bytes; the newest first, which signs. */
  SESSION_SIGNING_KEYS: string;
  /** Cloudflare Access's team, with or without `.cloudflareaccess.com`. */
  CF_ACCESS_TEAM_DOMAIN: string;
  CF_ACCESS_AUD: string;
  /** Where the team's signing keys are read instead of at Access: only with DEV_MODE. */
  ACCESS_CERTS_URL?: string;
  /** Comma-separated e-mails and client ids that are admins whatever D1 says. */
  ACCESS_ADMINS: string;
  /** `true` adds routes for admins that show how a request was understood. */
  DEBUG_ROUTES: string;
}

/** Whether the machine is a developer's own (design: DEV_MODE). */
export function isDevMode(env: { DEV_MODE: string }): boolean {
  return env.DEV_MODE === 'true';
}

/** The platforms that are served; the first is the default. */
export function platformsOf(env: { PLATFORMS: string }): string[] {
  return commaList(env.PLATFORMS);
}

/** The platform that stands for all when none is named. */
export function defaultPlatform(env: { PLATFORMS: string }): string {
  return platformsOf(env)[0] ?? '';
}

/** The parts of a comma-separated variable, trimmed, without empty ones. */
export function commaList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
