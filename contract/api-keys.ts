import { z } from 'zod';
import { WORKLOADS, workloadSchema } from './tiers.ts';

/** Keys that an agent keeps at a time, revoked and expired ones not counted. */
export const MAX_API_KEYS = 100;

/** An API key: a prefix that secret scanners can learn, the key's id, and its secret (256 bits, base64url). */
const API_KEY_PATTERN = /^skm_([0-9A-HJKMNP-TV-Z]{26})_([A-Za-z0-9_-]{43})$/;

export function formatApiKey(id: string, secret: string): string {
  return `skm_${id}_${secret}`;
}

/** The parts of an API key, or null for what is none. */
export function parseApiKey(text: string): { id: string; secret: string } | null {
  const [, id, secret] = API_KEY_PATTERN.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** `POST /api/keys`. */
export const createApiKeyBody = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** What its calls may be made as; all when not given. */
  workloads: z
    .array(workloadSchema)
    .min(1)
    .max(WORKLOADS.length)
    .transform((named) => WORKLOADS.filter((workload) => named.includes(workload)))
    .default([...WORKLOADS]),
  /** Life of the key, s; null lives until it is revoked. */
  expiresInS: z
    .number()
    .int()
    .min(60)
    .max(5 * 366 * 86_400)
    .nullable()
    .default(null),
});
export type CreateApiKeyBody = z.output<typeof createApiKeyBody>;

export const apiKeyView = z.object({
  id: z.string(),
  name: z.string(),
  /** The readable beginning of the key; the rest was shown once. */
  prefix: z.string(),
  workloads: z.array(workloadSchema),
  state: z.enum(['active', 'expired', 'revoked']),
  createdBy: z.string(),
  createdAt: z.number().int(),
  expiresAt: z.number().int().nullable(),
  revokedAt: z.number().int().nullable(),
  /** To the minute. */
  lastUsedAt: z.number().int().nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyView>;

/** 201 from `POST /api/keys`: the only time that the key itself is said. */
export const createdApiKey = apiKeyView.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;

export const apiKeyList = z.object({ keys: z.array(apiKeyView) });
