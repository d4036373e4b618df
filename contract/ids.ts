import { z } from 'zod';

export const tenantId = z.uuid();

/** Ids made by us are ULIDs: sortable by time, 26 characters of Crockford base 32. */
export const ulidSchema = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'must be a ULID');

/** Ids a client makes for its own messages, so that sending one again changes nothing. */
export const clientId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8 to 64 letters, digits, - or _');

/** The rule for slugs, source: facts on users, from `openclaw fleet`: a DNS label of up to 40. */
export const SLUG_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Labels that mean something else on a platform's domain, or would mislead its visitors. */
const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  'access',
  'account',
  'admin',
  'api',
  'app',
  'assets',
  'auth',
  'billing',
  'blog',
  'cdn',
  'chat',
  'dashboard',
  'dev',
  'docs',
  'ftp',
  'gateway',
  'help',
  'imap',
  'internal',
  'localhost',
  'login',
  'mail',
  'models',
  'mx',
  'ns',
  'ns1',
  'ns2',
  'pop',
  'root',
  'security',
  'signin',
  'signup',
  'smtp',
  'staging',
  'state',
  'static',
  'status',
  'support',
  'system',
  'test',
  'webmail',
  'www',
]);

export const slugSchema = z
  .string()
  .regex(SLUG_PATTERN, 'must be 1 to 40 lower-case letters, digits or inner hyphens')
  .refine((slug) => !slug.startsWith('xn--'), 'must not be a punycode label')
  .refine((slug) => !RESERVED_SLUGS.has(slug), 'is reserved');

/** The built-in tenant that routing tests, probes and deploy checks are booked under. */
export const SYSTEM_TENANT_ID = '00000000-0000-4000-8000-000000000001';

/**
 * The sandbox's id, computed from the tenant's and never stored (charter: D1 schema). It names the
 * tenant's Durable Object, and so its container.
 */
export function sandboxIdOf(id: string): string {
  return `tenant-${id}`;
}
