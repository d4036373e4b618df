import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant } from '../../contract/api.ts';
import { errorBody } from '../../contract/errors.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import type { PolicyRule } from '../../contract/policy.ts';
import { replayResult, type ReplayBody, type ReplayResult } from '../../contract/replay.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import type { UsageRow } from '../../contract/usage.ts';
import { makeUsageRow } from '../../db/doubles/usage-row.ts';
import { openDb } from '../../db/queries/open.ts';
import { insertUsage } from '../../db/queries/usage.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787/admin/api';
const GLM = '@cf/zai-org/glm-4.7-flash';
const OSS = '@cf/openai/gpt-oss-120b';
const KIMI = '@cf/moonshotai/kimi-k2.6';
/** Everybody gets the same model. */
const RULE: PolicyRule = {
  model: OSS,
  fallback: null,
  firstByteTimeoutMs: 5_000,
  maxOutputTokens: 1_000,
};
const db = openDb(env.DB);
let world: World;

beforeEach(async () => {
  world = await createWorld();
  const tables = ['usage', 'usage_daily', 'active_policy', 'policies'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  await world.ask(`${SYSTEM}/routing/policies/active`);
});

let booked = 0;
async function book(...rows: Partial<UsageRow>[]): Promise<void> {
  await insertUsage(
    db,
    rows.map((row) => makeUsageRow(`replayed-${(booked += 1)}.1`, row)),
  );
}

function ask(body: ReplayBody | object): Promise<Response> {
  return world.ask(`${SYSTEM}/routing/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function replay(body: ReplayBody = {}): Promise<ReplayResult> {
  const response = await ask(body);
  expect(response.status).toBe(200);
  return replayResult.parse(await response.json());
}

describe('a replay of the last calls', () => {
  it('of the policy that chose their models moves none of them', async () => {
    const tiers = ['free', 'premium', 'enterprise'] as const;
    await book(...SEED_POLICY.rules.map(({ model }, n) => ({ tier: tiers[n] ?? 'free', model })));
    const { version, totals, groups } = await replay();
    expect([version, totals.calls, totals.moved, totals.refused]).toEqual([1, 3, 0, 0]);
    expect(groups.every(({ before, after }) => before === after)).toBe(true);
  });

  it('prices the same tokens on the model that would answer, cached ones apart', async () => {
    const tokens = { tokens_in: 1_000, tokens_out: 100, tokens_cached: 400 };
    await book(
      { ...tokens, cost_nano: 7, created_at: 50 },
      { ...tokens, cost_nano: 8, created_at: 90 },
    );
    const result = await replay({ rules: [{ ...RULE, model: KIMI }] });
    expect(result).toEqual({
      version: 0,
      since: 50,
      until: 90,
      totals: {
        calls: 2,
        moved: 2,
        refused: 0,
        capped: 0,
        costBeforeNano: 15,
        costAfterNano: 2 * (600 * 950 + 400 * 160 + 100 * 4_000),
        refusedCostNano: 0,
      },
      groups: [
        expect.objectContaining({
          tier: 'free',
          workload: 'chat',
          before: GLM,
          after: KIMI,
          calls: 2,
        }),
      ],
    });
    const flat = await replay({ rules: [RULE] });
    expect(flat.totals.costAfterNano).toBe(2 * (1_000 * 350 + 100 * 750));
  });

  it('says how many would be refused and why, and counts that as no saving', async () => {
    await book(
      { tier: 'premium', cost_nano: 5 },
      { tokens_in: 127_500, cost_nano: 9 },
      { source: 'api', model: KIMI, cost_nano: 11 },
    );
    const { totals, groups } = await replay({ rules: [{ ...RULE, tier: 'free' }] });
    expect(groups.map(({ refusal, after }) => [refusal, after])).toEqual([
      ['model_not_allowed', null],
      ['too_long', null],
      ['no_rule', null],
    ]);
    expect(totals).toMatchObject({
      calls: 3,
      refused: 3,
      moved: 0,
      costBeforeNano: 25,
      costAfterNano: 0,
      refusedCostNano: 25,
    });
  });

  it('takes a model that a program named for named, and one that the policy chose for chosen', async () => {
    const rules = [RULE, { ...RULE, workload: 'chat' as const, model: GLM, fallback: KIMI }];
    await book({ source: 'api', model: KIMI }, { source: 'api', model: GLM }, { model: KIMI });
    const { groups } = await replay({ rules });
    const found = groups.map(({ before, after, calls }) => [before, after, calls]);
    expect(found.toSorted()).toEqual(
      [
        [KIMI, GLM, 1],
        [KIMI, KIMI, 1],
        [GLM, GLM, 1],
      ].toSorted(),
    );
  });

  it('counts answers that were longer than the cap, at the cap', async () => {
    await book({ tokens_in: 0, tokens_out: 1_500 });
    const { totals } = await replay({ rules: [RULE] });
    expect([totals.capped, totals.costAfterNano]).toEqual([1, 750_000]);
  });

  it('is of what the first model answered, and not of the built-in tenant', async () => {
    await book(
      { outcome: 'timeout' },
      { attempt: 2 },
      { tenant_id: SYSTEM_TENANT_ID },
      { created_at: 77 },
    );
    const result = await replay();
    expect([result.totals.calls, result.since]).toEqual([1, 77]);
  });

  it('takes the newest of all, and of one tenant where one is named', async () => {
    const made = await world.ask(`${SYSTEM}/tenants`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' }),
    });
    const { id, slug } = createdTenant.parse(await made.json());
    await book({ tenant_id: id, created_at: 1 });
    for (const created_at of [2, 3]) await book({ created_at });
    expect(await replay({ calls: 2 })).toMatchObject({ since: 2, until: 3 });
    expect(await replay({ tenant: slug })).toMatchObject({ since: 1, until: 1 });
  });

  it('is empty when nothing was booked', async () => {
    expect(await replay()).toMatchObject({ since: null, until: null, groups: [] });
  });

  it.each<[object, string]>([
    [{ calls: 1_001 }, 'invalid_request'],
    [{ version: 1, rules: [RULE] }, 'invalid_request'],
    [{ rules: [] }, 'invalid_request'],
    [{ version: 9 }, 'not_found'],
    [{ tenant: 'nobody-here' }, 'tenant_not_found'],
  ])('is refused for %o', async (body, code) => {
    const { error } = errorBody.parse(await (await ask(body)).json());
    expect(error.code).toBe(code);
  });
});
