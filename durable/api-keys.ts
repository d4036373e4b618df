import { and, count, desc, eq, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import {
  formatApiKey,
  MAX_API_KEYS,
  type ApiKeyView,
  type CreateApiKeyBody,
  type CreatedApiKey,
} from '../contract/api-keys.ts';
import { AppError } from '../contract/errors.ts';
import type { Workload } from '../contract/tiers.ts';
import { apiKeys } from '../db/agent/schema.ts';
import { beyondKept } from './kept-rows.ts';
import { prepared } from './prepared.ts';
import type { Caller } from './rpc.ts';
import { randomToken, sha256Hex } from './secrets.ts';
import type { AgentDb } from './storage.ts';
import { storageMemory } from './storage-memory.ts';

/** A key's use is noted at most this often, ms: not every call is worth a write. */
const LAST_USED_EVERY_MS = 60_000;

type ApiKey = typeof apiKeys.$inferSelect;

const isLive = (now: number) =>
  and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)));

function stateOf({ revokedAt, expiresAt }: ApiKey, now: number): ApiKeyView['state'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
}

function viewOf(row: ApiKey, now: number): ApiKeyView {
  const { secretHash: _, ...rest } = row;
  return { ...rest, prefix: `skm_${row.id}`, state: stateOf(row, now) };
}

/** Makes a key. It is answered once, and only its hash is kept. AppError limit_reached. */
export async function createApiKey(
  db: AgentDb,
  options: { id: string; body: CreateApiKeyBody; by: string; now: number },
): Promise<CreatedApiKey> {
  const { id, body, by, now } = options;
  const secret = randomToken();
  const secretHash = sha256Hex(secret);
  const live = db.select({ n: count() }).from(apiKeys).where(isLive(now)).get()?.n ?? 0;
  if (live >= MAX_API_KEYS) {
    throw new AppError('limit_reached', `This agent keeps at most ${MAX_API_KEYS} API keys.`, {
      hint: 'Revoke one that is not needed any more.',
    });
  }
  forgetDead(db, now);
  const { name, workloads, expiresInS } = body;
  const row = db
    .insert(apiKeys)
    .values({
      id,
      name,
      secretHash,
      workloads,
      createdBy: by,
      createdAt: now,
      expiresAt: expiresInS === null ? null : now + expiresInS * 1_000,
    })
    .returning()
    .get();
  return { ...viewOf(row, now), key: formatApiKey(row.id, secret) };
}

/** Keeps the newest keys that have ended, as many as may live, and for as long as they are listed. */
function forgetDead(db: AgentDb, now: number): void {
  forgetKeys(db);
  const hasEnded = or(isNotNull(apiKeys.revokedAt), lte(apiKeys.expiresAt, now));
  const ages = [apiKeys.revokedAt, apiKeys.expiresAt];
  const keep = MAX_API_KEYS;
  db.delete(apiKeys)
    .where(beyondKept(db, apiKeys, { hasEnded, ages, keep, now }))
    .run();
}

/** The keys, newest first, with those that ended not long ago. Their number is bounded where one is made. */
export function listApiKeys(db: AgentDb, now: number): ApiKeyView[] {
  const rows = db.select().from(apiKeys).orderBy(desc(apiKeys.id)).all();
  return rows.map((row) => viewOf(row, now));
}

/** Ends a key; it holds at the next request. Ending it twice changes nothing. AppError not_found. */
export function revokeApiKey(db: AgentDb, id: string, now: number): ApiKeyView {
  forgetKeys(db);
  const row = db
    .update(apiKeys)
    .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${now})` })
    .where(eq(apiKeys.id, id))
    .returning()
    .get();
  if (!row) throw new AppError('not_found', 'There is no such API key.');
  return viewOf(row, now);
}

/** Keys as they were last read: a busy program's key is not read for each call. */
const known = storageMemory<string, ApiKey>();

/** Forgets what is known of the keys: they change. */
export function forgetKeys(db: AgentDb): void {
  known.forget(db);
}

const keyById = prepared((db) =>
  db
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.id, sql.placeholder('id')))
    .prepare(),
);

function readKey(db: AgentDb, id: string): ApiKey | undefined {
  const keys = known.of(db);
  const row = keys.get(id) ?? keyById(db).get({ id });
  if (row) keys.set(id, row);
  return row;
}

/** The key of a caller, or null for one that is unknown, revoked or expired. */
export function findKey(
  db: AgentDb,
  caller: Extract<Caller, { kind: 'key' }>,
  now: number,
): ApiKey | null {
  const row = readKey(db, caller.keyId);
  // What is compared are hashes: how long that takes tells nothing about the secret.
  if (!row || row.secretHash !== caller.secretHash) return null;
  return stateOf(row, now) === 'active' ? row : null;
}

/** The same, noting its use. AppError unauthenticated where there is none. */
export function identifyKey(
  db: AgentDb,
  caller: Extract<Caller, { kind: 'key' }>,
  now: number,
): ApiKey {
  const row = findKey(db, caller, now);
  if (!row) throw new AppError('unauthenticated', 'This API key is unknown, expired or revoked.');
  if (row.lastUsedAt === null || now - row.lastUsedAt >= LAST_USED_EVERY_MS) {
    db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, row.id)).run();
    forgetKeys(db);
  }
  return row;
}

/** AppError forbidden unless the key may make calls as this workload. */
export function checkKeyWorkload(
  { workloads }: Pick<ApiKey, 'workloads'>,
  workload: Workload,
): void {
  if (workloads.includes(workload)) return;
  throw new AppError('forbidden', `This API key may not be used for ${workload}.`, {
    hint: `It is limited to ${workloads.join(', ')}.`,
  });
}
