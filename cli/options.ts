import { z } from 'zod';
import { MAX_PAGE } from '../contract/api.ts';
import { SLUG_PATTERN } from '../contract/ids.ts';
import { updateMemberBody } from '../contract/members.ts';
import { TIERS, WORKLOADS } from '../contract/tiers.ts';
import type { Flag } from './argv.ts';

/** Flags of every command. */
export const GLOBAL_FLAGS: Flag[] = [
  { flag: '--env <name>', summary: 'Environment: local, staging, production (or SKCLAW_ENV)' },
  { flag: '--config <path>', summary: 'Config file (or SKCLAW_CONFIG)' },
  { flag: '--format <format>', summary: 'json (default) or table' },
  { flag: '--help', summary: 'Show this help (-h)' },
];

export const globalInput = z.object({
  env: z.string().optional(),
  config: z.string().min(1, 'must name a file').optional(),
  format: z.enum(['json', 'table'], { error: 'must be json or table' }).default('json'),
});

const MEMBER_ROLES = updateMemberBody.shape.role.unwrap().options;

/** Flags that several commands share, so that they read the same everywhere. */
export const FLAGS = {
  tenantId: { flag: '--tenant-id <id>', summary: 'Tenant: its id or its slug' },
  platform: { flag: '--platform <domain>', summary: 'Platform, such as streamkinetics.com' },
  tier: { flag: '--tier <tier>', summary: `Tier: ${TIERS.join(', ')}` },
  workload: { flag: '--workload <workload>', summary: `Workload: ${WORKLOADS.join(', ')}` },
  internet: {
    flag: '--internet',
    summary: 'Whether the sandbox reaches the internet (--no-internet: not)',
    negatable: true,
  },
  limit: { flag: '--limit <n>', summary: `Entries in one answer, 1 to ${MAX_PAGE}` },
  cursor: { flag: '--cursor <cursor>', summary: 'Where the answer before ended' },
  query: { flag: '--query <text>', summary: 'Only what matches' },
  force: {
    flag: '--force',
    summary: 'Also with a turn open or when its state can’t be saved: what is unsaved is lost',
  },
  yes: { flag: '--yes', summary: 'Go on without a question' },
  wait: { flag: '--wait', summary: 'Come back only when it is done' },
  role: { flag: '--role <role>', summary: 'Role' },
  memberRole: { flag: '--role <role>', summary: `Role: ${MEMBER_ROLES.join(', ')}` },
  name: { flag: '--name <name>', summary: 'Name, for people' },
  expiresIn: { flag: '--expires-in <time>', summary: 'How long it holds, such as 12h or 30d' },
  from: { flag: '--from <day>', summary: 'First day, UTC, such as 2026-11-01' },
  to: { flag: '--to <day>', summary: 'Last day, UTC, included' },
} as const satisfies Record<string, Flag>;

/** A tenant as people name it: by id or by slug. It stays a string, also `0123`. */
export const tenantRef = z
  .string()
  .toLowerCase()
  .regex(SLUG_PATTERN, 'must be a tenant’s id or slug');

/** Options of what is done with one tenant: its name stands alone or behind `--tenant-id`. */
export const tenantShape = { id: tenantRef.optional(), tenantId: tenantRef.optional() };

type NamedTenant = { id?: string | undefined; tenantId?: string | undefined };

/** Whether exactly one tenant is named, for a schema's `refine`. */
export function namesOneTenant({ id, tenantId }: NamedTenant): boolean {
  return (id === undefined) !== (tenantId === undefined);
}

export const ONE_TENANT = { message: 'Name one tenant: its id or slug, or --tenant-id.' };

/** The tenant that checked options name. */
export function namedTenant({ id, tenantId }: NamedTenant): string {
  return id ?? tenantId ?? '';
}

const PAGE_SIZE = `must be a number from 1 to ${MAX_PAGE}`;

/** How many entries one answer should hold. */
const pageSize = z
  .string()
  .regex(/^\d{1,3}$/, PAGE_SIZE)
  .transform(Number)
  .refine((size) => size >= 1 && size <= MAX_PAGE, PAGE_SIZE);

/** Options of every list that comes in pages. */
export const pageInput = z.object({
  limit: pageSize.optional(),
  cursor: z.string().max(200, 'is too long').optional(),
});

const UNIT_S = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** A length of time such as `12h`, in seconds. */
export const duration = z
  .string()
  .regex(/^\d{1,8}[smhd]$/, 'must be a time such as 90s, 15m, 12h or 30d')
  .transform((text) => Number.parseInt(text, 10) * UNIT_S[text.slice(-1) as keyof typeof UNIT_S]);

/** A day, UTC. */
export const day = z.iso.date({ error: 'must be a day such as 2026-11-22' });

const MOMENT = 'must be a time such as 2026-11-22 or 2026-11-22T10:00:00Z';

/** A moment, UTC ms; a day stands for its beginning. */
export const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], { error: MOMENT })
  .transform((text) => Date.parse(text));

/** `--yes`, for what asks before it goes on. */
export const yes = z.boolean().default(false);

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** A platform's domain, in lower case. */
export const platformName = z
  .string()
  .toLowerCase()
  .max(253, 'is too long for a domain')
  .regex(new RegExp(`^${label}(?:\\.${label})*$`), 'must be a domain, such as streamkinetics.com');

/** One of some words, each of which its error names. */
export function choice<const Values extends readonly string[]>(values: Values) {
  const one = `must be one of ${values.join(', ')}`;
  return z.enum(values, { error: ({ input }) => (input === undefined ? 'is required' : one) });
}

export const tier = choice(TIERS);
export const workload = choice(WORKLOADS);
export const memberRole = choice(MEMBER_ROLES);
