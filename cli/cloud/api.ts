import { BaseAIGateway } from 'cloudflare/resources/ai-gateway/ai-gateway';
import { Logs } from 'cloudflare/resources/ai-gateway/logs';
import { BaseTokens as BaseAccountTokens } from 'cloudflare/resources/accounts/tokens/tokens';
import { BaseApplications as BaseContainerApplications } from 'cloudflare/resources/containers/applications/applications';
import { BaseDatabase } from 'cloudflare/resources/d1/database/database';
import { BaseNamespaces } from 'cloudflare/resources/kv/namespaces/namespaces';
import { BaseBuckets } from 'cloudflare/resources/r2/buckets/buckets';
import { BasePhases } from 'cloudflare/resources/rulesets/phases/phases';
import { Rules } from 'cloudflare/resources/rulesets/rules';
import { BaseTokens as BaseUserTokens } from 'cloudflare/resources/user/tokens/tokens';
import { BaseScripts } from 'cloudflare/resources/workers/scripts/scripts';
import { Deployments } from 'cloudflare/resources/workers/scripts/deployments';
import { Secrets } from 'cloudflare/resources/workers/scripts/secrets';
import { BaseApplications as BaseAccessApplications } from 'cloudflare/resources/zero-trust/access/applications/applications';
import { BaseZones } from 'cloudflare/resources/zones/zones';
import { createClient } from 'cloudflare/tree-shakable';

export { APIConnectionError, APIConnectionTimeoutError, APIError } from 'cloudflare/core/error';

/**
 * Cloudflare's API with the resources that skclaw uses: the whole SDK would be ten times the rest of
 * the bundle. Only the token counts; what else the SDK would read from the environment is off, its
 * log too, which could hold bodies.
 */
export function createApi(options: {
  token: string;
  /** Null for Cloudflare's own. */
  baseURL: string | null;
  fetch: typeof fetch;
  timeoutMs: number;
}) {
  return createClient({
    resources: [
      BaseAIGateway,
      Logs,
      BaseAccountTokens,
      BaseContainerApplications,
      BaseDatabase,
      BaseNamespaces,
      BaseBuckets,
      BasePhases,
      Rules,
      BaseUserTokens,
      BaseScripts,
      Deployments,
      Secrets,
      BaseAccessApplications,
      BaseZones,
    ],
    apiToken: options.token,
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    ...(options.baseURL === null ? {} : { baseURL: options.baseURL }),
    fetch: options.fetch,
    timeout: options.timeoutMs,
    // All that skclaw asks may be asked again.
    maxRetries: 2,
    logLevel: 'off',
  });
}
export type CloudApi = ReturnType<typeof createApi>;
