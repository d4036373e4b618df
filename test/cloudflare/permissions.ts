import type { ApiToken } from './state.ts';

/**
 * The permission group that an operation needs, by the start of its id; the first that fits counts.
 * Null is any token. Source: Cloudflare, "API token permissions".
 */
const GROUPS: readonly (readonly [start: string, group: string | null])[] = [
  ['user.tokens.tokens.verify', null],
  ['accounts.tokens.tokens.verify', null],
  ['user.tokens.', 'API Tokens'],
  ['accounts.tokens.', 'API Tokens'],
  ['accounts.', 'Account Settings'],
  ['user.', 'User Details'],
  ['ai-gateway.', 'AI Gateway'],
  ['ai.', 'Workers AI'],
  ['wrangler.ai.', 'Workers AI'],
  ['containers.', 'Containers'],
  ['wrangler.containers.', 'Containers'],
  ['d1.', 'D1'],
  ['kv.', 'Workers KV Storage'],
  ['r2.', 'Workers R2 Storage'],
  ['rulesets.', 'Zone WAF'],
  ['workers.routes', 'Workers Routes'],
  ['wrangler.routes', 'Workers Routes'],
  ['zero-trust.access.service-tokens', 'Access: Service Tokens'],
  ['zero-trust.access.', 'Access: Apps and Policies'],
  ['zones.', 'Zone'],
];
const DEFAULT_GROUP = 'Workers Scripts';

/** Operations that change nothing though they are not GETs. */
const READS = new Set(['ai.ai.run', 'wrangler.ai.chat', 'd1.database.database.query']);

/** The permission that is missing for an operation; null when the token may. */
export function missingPermission(
  token: ApiToken,
  operation: { id: string; method: string },
): string | null {
  const row = GROUPS.find(([start]) => operation.id.startsWith(start));
  const group = row ? row[1] : DEFAULT_GROUP;
  if (group === null) return null;
  const reads = operation.method === 'GET' || READS.has(operation.id);
  if (token.permissions.includes(`${group} Write`)) return null;
  const needed = `${group} ${reads ? 'Read' : 'Write'}`;
  return token.permissions.includes(needed) ? null : needed;
}
