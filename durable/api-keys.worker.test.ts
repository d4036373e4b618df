import { eq } from 'drizzle-orm';
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { MAX_API_KEYS, parseApiKey, type CreateApiKeyBody } from '../contract/api-keys.ts';
import { WORKLOADS } from '../contract/tiers.ts';
import { apiKeys } from '../db/agent/schema.ts';
import {
  checkKeyWorkload,
  createApiKey,
  identifyKey,
  listApiKeys,
  revokeApiKey,
} from './api-keys.ts';
import { codeOf, freshAgent, NOW } from './doubles/fresh-agent.ts';
import type { Caller } from './rpc.ts';
import { sha256Hex } from './secrets.ts';
import type { AgentDb } from './storage.ts';

const DAY_MS = 86_400_000;
const BODY: CreateApiKeyBody = { name: 'CI', workloads: [...WORKLOADS], expiresInS: null };
type KeyCaller = Caller & { kind: 'key' };

const make = (db: AgentDb, changed: Partial<CreateApiKeyBody> = {}, now = NOW) =>
  createApiKey(db, { id: ulid(now), body: { ...BODY, ...changed }, by: 'Ann', now });
async function callerWith(key: string): Promise<KeyCaller> {
  const { id = '', secret = '' } = parseApiKey(key) ?? {};
  return { kind: 'key', keyId: id, secretHash: sha256Hex(secret), host: 'acme.localhost' };
}
const refused = expect.objectContaining({ code: 'unauthenticated' });

describe('an API key', () => {
  it('is answered whole once, and only its hash is kept', () =>
    freshAgent().inside(async ({ db }) => {
      const { key, ...view } = await make(db, { workloads: ['chat'] });
      const { id, secret } = parseApiKey(key) ?? {};
      expect(view).toEqual({
        id,
        name: 'CI',
        prefix: `skm_${id}`,
        workloads: ['chat'],
        state: 'active',
        createdBy: 'Ann',
        createdAt: NOW,
        expiresAt: null,
        revokedAt: null,
        lastUsedAt: null,
      });
      expect(listApiKeys(db, NOW)).toEqual([view]);
      const kept = JSON.stringify(db.select().from(apiKeys).all());
      expect(kept).not.toContain(secret);
      expect(kept).toContain(sha256Hex(secret ?? ''));
      expect(JSON.stringify(listApiKeys(db, NOW))).not.toMatch(/secret|hash/i);
    }));

  it('is known by its id and secret together', () =>
    freshAgent().inside(async ({ db }) => {
      const [one, other] = [await make(db), await make(db)];
      const caller = await callerWith(one.key);
      expect(identifyKey(db, caller, NOW).id).toBe(one.id);
      for (const wrong of [
        { ...caller, secretHash: sha256Hex('guessed') },
        { ...caller, secretHash: '' },
        { ...caller, keyId: other.id },
        { ...caller, keyId: '01HZZZZZZZZZZZZZZZZZZZZZZZ' },
      ]) {
        expect(() => identifyKey(db, wrong, NOW)).toThrow(refused);
      }
    }));

  it('lives until it expires, to the millisecond', () =>
    freshAgent().inside(async ({ db }) => {
      const { key } = await make(db, { expiresInS: 60 });
      const caller = await callerWith(key);
      expect(identifyKey(db, caller, NOW + 59_999).expiresAt).toBe(NOW + 60_000);
      expect(() => identifyKey(db, caller, NOW + 60_000)).toThrow(refused);
      expect(listApiKeys(db, NOW + 60_000)[0]?.state).toBe('expired');
    }));

  it('ends when it is revoked, once and for all', () =>
    freshAgent().inside(async ({ db }) => {
      const { id, key } = await make(db);
      const caller = await callerWith(key);
      identifyKey(db, caller, NOW);
      const ended = revokeApiKey(db, id, NOW + 1);
      expect(ended).toMatchObject({ state: 'revoked', revokedAt: NOW + 1 });
      expect(revokeApiKey(db, id, NOW + 2)).toEqual(ended);
      expect(() => identifyKey(db, caller, NOW + 2)).toThrow(refused);
      expect(() => revokeApiKey(db, 'unknown', NOW)).toThrow(
        expect.objectContaining({ code: 'not_found' }),
      );
    }));

  it('is for its workloads only', () => {
    const key = { workloads: ['chat', 'monitor'] as const };
    const check = (workload: 'chat' | 'summarize') => () =>
      checkKeyWorkload({ workloads: [...key.workloads] }, workload);
    expect(check('chat')).not.toThrow();
    expect(check('summarize')).toThrow(
      expect.objectContaining({ code: 'forbidden', hint: 'It is limited to chat, monitor.' }),
    );
  });

  it('notes its use at most once a minute', () =>
    freshAgent().inside(async ({ db }) => {
      const caller = await callerWith((await make(db)).key);
      const used = (now: number) => {
        identifyKey(db, caller, now);
        return listApiKeys(db, now)[0]?.lastUsedAt;
      };
      expect([NOW + 5, NOW + 6, NOW + 60_004, NOW + 60_005].map(used)).toEqual([
        NOW + 5,
        NOW + 5,
        NOW + 5,
        NOW + 60_005,
      ]);
    }));
});

describe('the keys of an agent', () => {
  async function fill(db: AgentDb, howMany: number, now = NOW): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < howMany; i += 1) ids.push((await make(db, {}, now + i)).id);
    return ids;
  }

  it('are bounded, also for those that are made at the same moment', () =>
    freshAgent().inside(async ({ db }) => {
      const [first = ''] = await fill(db, MAX_API_KEYS - 1);
      const made = await Promise.all([1, 2, 3].map(() => codeOf(() => make(db))));
      expect(made.toSorted()).toEqual(['limit_reached', 'limit_reached', null].toSorted());
      revokeApiKey(db, first, NOW);
      expect(await codeOf(() => make(db))).toBeNull();
      expect(await codeOf(() => make(db))).toBe('limit_reached');
    }));

  it('are all listed while they live, newest first, however many have ended since', () =>
    freshAgent().inside(async ({ db }) => {
      const old = await fill(db, MAX_API_KEYS - 1);
      for (let i = 0; i < MAX_API_KEYS + 20; i += 1) {
        const { id } = await make(db, {}, NOW + DAY_MS + i);
        revokeApiKey(db, id, NOW + DAY_MS + i);
      }
      const newest = await make(db, {}, NOW + 2 * DAY_MS);
      const listed = listApiKeys(db, NOW + 2 * DAY_MS);
      expect(listed[0]?.id).toBe(newest.id);
      const active = listed.filter(({ state }) => state === 'active').map(({ id }) => id);
      expect(active.toReversed()).toEqual([...old, newest.id]);
      expect(db.select().from(apiKeys).all()).toHaveLength(2 * MAX_API_KEYS);
    }));

  it('that have ended are listed for 90 days', () =>
    freshAgent().inside(async ({ db }) => {
      revokeApiKey(db, (await make(db)).id, NOW);
      await make(db, { expiresInS: 60 });
      const listedAfter = async (ms: number): Promise<number> => {
        const { id } = await make(db, {}, NOW + ms);
        const { length } = listApiKeys(db, NOW + ms);
        db.delete(apiKeys).where(eq(apiKeys.id, id)).run();
        return length - 1;
      };
      expect(await listedAfter(90 * DAY_MS)).toBe(2);
      expect(await listedAfter(90 * DAY_MS + 1)).toBe(1);
      expect(await listedAfter(90 * DAY_MS + 60_001)).toBe(0);
    }));
});
