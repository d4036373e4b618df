import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { openDb } from './open.ts';
import {
  insertPolicy,
  movePolicyPointer,
  newestPolicyVersion,
  policyByVersion,
  readActive,
  readActivePolicy,
} from './policies.ts';

const db = openDb(env.DB);
const entry = {
  at: 1_000,
  actor: 'ada@example.com',
  action: 'policy.activate',
  target: 'policy:2',
  tenantId: null,
  before: null,
  after: { version: 2 },
  requestId: 'r',
};
const policy = { rules: SEED_POLICY.rules, author: 'ada@example.com', note: 'Again.' };

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.batch(
    ['active_policy', 'policies', 'audit'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  await readActive(db, 1);
});

async function auditBefore(): Promise<unknown[]> {
  const { results } = await env.DB.prepare('SELECT before FROM audit ORDER BY rowid').all();
  return results.map(({ before }) => JSON.parse(String(before)));
}

describe('the policies in D1', () => {
  it('are stored with pointer and audit, or not at all', async () => {
    const creation = { policy, basedOn: 1, entry, activation: entry };
    await insertPolicy(db, creation);
    expect(await readActivePolicy(db)).toEqual({ ...SEED_POLICY, version: 2 });
    await expect(insertPolicy(db, creation)).rejects.toThrow();
    expect(await newestPolicyVersion(db)).toBe(2);
    expect(await policyByVersion(db, 3)).toBeNull();
    expect(await auditBefore()).toEqual([null, { version: 1 }]);
  });

  it('are not rolled back where another was put in force since it was looked', async () => {
    await insertPolicy(db, { policy, basedOn: 1, entry, activation: entry });
    await insertPolicy(db, { policy, basedOn: 2, entry, activation: entry });
    const written = await auditBefore();
    for (const from of [
      { version: 2, previous: 1 },
      { version: 3, previous: 1 },
    ]) {
      expect(await movePolicyPointer(db, { version: 1, entry, from })).toBeNull();
    }
    expect(await readActive(db, 1)).toMatchObject({ version: 3, previousVersion: 2 });
    expect(await auditBefore()).toEqual(written);
    const from = { version: 3, previous: 2 };
    expect(await movePolicyPointer(db, { version: 2, entry, from })).toEqual({
      version: 2,
      previous: 3,
    });
  });

  it('never point at a version that is not there', async () => {
    await expect(movePolicyPointer(db, { version: 9, entry })).rejects.toThrow();
    expect((await readActive(db, 1)).version).toBe(1);
    expect(await auditBefore()).toEqual([]);
  });
});
