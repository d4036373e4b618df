import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorBody } from '../../contract/errors.ts';
import type { PolicyRule } from '../../contract/policy.ts';
import {
  activePolicyView,
  checkedPolicy,
  createdPolicy,
  modelList,
  policyActivation,
  policyDiff,
  policyList,
  policyView,
  routeExplanation,
} from '../../contract/routing.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { createWorld, type World } from '../doubles/world.ts';

const ROUTING = 'http://localhost:8787/admin/api/routing';
const RETIRED = '@cf/meta/llama-3.1-8b-instruct';
const OSS = '@cf/openai/gpt-oss-120b';
const RULE: PolicyRule = { ...SEED_POLICY.rules[0]!, fallback: null };
/** Before and after of a move from version 1 to 2. */
const oneToTwo = [{ version: 1 }, { version: 2 }];
let world: World;

beforeEach(async () => {
  world = await createWorld();
  await env.DB.batch(
    ['active_policy', 'policies', 'audit'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
});

function ask(method: string, path: string, body?: unknown): Promise<Response> {
  const init = { method, headers: { 'content-type': 'application/json' } };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return world.ask(`${ROUTING}${path}`, { ...init, ...text });
}

const get = async (path: string): Promise<unknown> => (await ask('GET', path)).json();

/** Stores rules on top of a version; a change of the note alone is a version too. */
function store(basedOn: number, body: object = {}): Promise<Response> {
  return ask('POST', '/policies', { rules: [RULE], note: 'Why not.', basedOn, ...body });
}

async function errorOf(response: Response) {
  const { code, details = [] } = errorBody.parse(await response.json()).error;
  return { status: response.status, code, details };
}

async function audited(): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    'SELECT actor, action, target, before, after FROM audit ORDER BY rowid',
  ).all<{ actor: string; action: string; target: string; before: string; after: string }>();
  return results.map(({ actor, action, target, before, after }) => [
    actor,
    action,
    target,
    JSON.parse(before),
    JSON.parse(after),
  ]);
}

async function activeVersions(): Promise<[number, number | null]> {
  const { version, previous } = activePolicyView.parse(await get('/policies/active'));
  return [version, previous];
}

/** Puts rules in D1 that validation would refuse today. */
async function storeOutlived(version: number): Promise<void> {
  const rules = JSON.stringify([{ ...RULE, model: RETIRED }]);
  await env.DB.prepare('INSERT INTO policies VALUES (?, ?, ?, ?, ?)')
    .bind(version, rules, 'ada@example.com', 'Once fine.', 1)
    .run();
}

describe('policies', () => {
  it('begin with the seed in force, on a database that has none', async () => {
    const active = activePolicyView.parse(await get('/policies/active'));
    expect(active).toMatchObject({ version: 1, rules: SEED_POLICY.rules, previous: null });
    expect(policyView.parse(await get('/policies/1'))).toMatchObject({ version: 1, active: true });
  });

  it('are stored as the next version, which is not in force by that', async () => {
    const response = await store(1);
    expect(response.status).toBe(201);
    expect(createdPolicy.parse(await response.json())).toMatchObject({
      version: 2,
      rules: [RULE],
      note: 'Why not.',
      author: 'local',
      active: false,
      warnings: [],
    });
    expect(await activeVersions()).toEqual([1, null]);
    expect(await audited()).toEqual([
      [
        'local',
        'policy.create',
        'policy:2',
        { newest: 1 },
        { version: 2, note: 'Why not.', ruleCount: 1 },
      ],
    ]);
  });

  it('are put in force in the same step where that is asked for, both audited', async () => {
    const response = await store(1, { activate: true });
    expect(createdPolicy.parse(await response.json())).toMatchObject({ version: 2, active: true });
    expect(await activeVersions()).toEqual([2, 1]);
    const entries = await audited();
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual(['local', 'policy.activate', 'policy:2', ...oneToTwo]);
  });

  it('are refused with a line per problem, and nothing is stored', async () => {
    const rules = [
      { ...RULE, tier: 'free', model: RETIRED },
      { ...RULE, fallback: RULE.model },
    ];
    const { status, code, details } = await errorOf(await store(1, { rules }));
    expect([status, code]).toEqual([400, 'invalid_policy']);
    expect(details).toEqual([
      expect.stringMatching(/^rule 1: model .* was retired on 2026-05-30\. Use @cf/),
      'warning: rule 2: its fallback is its own model.',
    ]);
    expect(policyList.parse(await get('/policies')).policies).toHaveLength(1);
    expect(await audited()).toEqual([]);
  });

  it('are stored with warnings, which the answer names', async () => {
    const response = await store(1, { rules: [{ ...RULE, fallback: RULE.model }] });
    expect(response.status).toBe(201);
    const { warnings } = createdPolicy.parse(await response.json());
    expect(warnings).toEqual(['rule 1: its fallback is its own model.']);
  });

  it.each([1, 3])('are refused when %s is not the newest version', async (basedOn) => {
    await store(1);
    expect(await errorOf(await store(basedOn))).toMatchObject({ status: 409, code: 'conflict' });
    expect(policyList.parse(await get('/policies')).policies).toHaveLength(2);
  });

  it('of one version are stored once, however many send it at once', async () => {
    await get('/policies/active');
    const responses = await Promise.all([1, 2, 3, 4].map(() => store(1, { activate: true })));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    expect(policyList.parse(await get('/policies')).policies).toHaveLength(2);
    expect(await activeVersions()).toEqual([2, 1]);
    expect(await audited()).toHaveLength(2);
  });

  it('are listed the newest first, a page at a time', async () => {
    await store(1, { activate: true });
    await store(2);
    const first = policyList.parse(await get('/policies?limit=2'));
    expect(first.policies.map(({ version, active }) => [version, active])).toEqual([
      [3, false],
      [2, true],
    ]);
    expect(first.policies[0]).toMatchObject({ ruleCount: 1, note: 'Why not.', author: 'local' });
    const rest = policyList.parse(await get(`/policies?limit=2&cursor=${first.cursor}`));
    expect(rest.policies.map(({ version }) => version)).toEqual([1]);
    expect(rest.cursor).toBeNull();
  });

  it.each(['/policies/2', '/policies/x', '/policies/0', '/policies/1/diff?from=9'])(
    'that are not there are not found: %s',
    async (path) => {
      expect(await errorOf(await ask('GET', path))).toMatchObject({ code: 'not_found' });
    },
  );

  it('are refused over their size, with unknown fields, and without rules', async () => {
    const long = 'x'.repeat(300_000);
    expect((await errorOf(await store(1, { note: long }))).code).toBe('payload_too_large');
    for (const body of [
      { rules: [{ ...RULE, weight: 1 }] },
      { rules: [] },
      { note: ' ' },
      { extra: true },
      { rules: Array.from({ length: 201 }, () => RULE) },
    ]) {
      expect((await errorOf(await store(1, body))).code).toBe('invalid_request');
    }
  });
});

describe('a check of rules', () => {
  it('names every problem and stores nothing', async () => {
    const rules = [{ ...RULE, platform: 'elsewhere.com' }, RULE];
    const response = await ask('POST', '/policies/check', { rules });
    expect(checkedPolicy.parse(await response.json())).toEqual({
      ok: false,
      problems: [
        {
          severity: 'error',
          rule: 0,
          message: 'rule 1: the system has no platform elsewhere.com.',
        },
      ],
    });
    const fine = await ask('POST', '/policies/check', { rules: [RULE] });
    expect(await fine.json()).toEqual({ ok: true, problems: [] });
    expect(await audited()).toEqual([]);
  });
});

describe('the difference of two policies', () => {
  beforeEach(async () => {
    await store(1, { rules: [{ ...RULE, model: OSS }], activate: true });
  });

  it('is to the policy in force, or to the one that is named', async () => {
    const same = policyDiff.parse(await get('/policies/2/diff'));
    expect(same).toMatchObject({ from: 2, to: 2, changed: [], combinations: [] });
    const diff = policyDiff.parse(await get('/policies/2/diff?from=1'));
    expect(diff.removed).toHaveLength(2);
    expect(diff.changed[0]?.fields).toContainEqual({
      field: 'model',
      before: RULE.model,
      after: OSS,
    });
    expect(diff.combinations).toHaveLength(9);
  });
});

describe('activation', () => {
  it('says what was in force and by when every agent follows', async () => {
    await store(1);
    const response = await ask('POST', '/policies/2/activate');
    expect(policyActivation.parse(await response.json())).toEqual({
      version: 2,
      previous: 1,
      inForceWithinS: 60,
    });
    const last = (await audited()).at(-1);
    expect(last).toEqual(['local', 'policy.activate', 'policy:2', ...oneToTwo]);
  });

  it('of the policy in force changes nothing, also not what a rollback goes to', async () => {
    await store(1, { activate: true });
    const before = await audited();
    const again = policyActivation.parse(await (await ask('POST', '/policies/2/activate')).json());
    expect(again).toMatchObject({ version: 2, previous: 1 });
    expect(await activeVersions()).toEqual([2, 1]);
    expect(await audited()).toEqual(before);
  });

  it('is refused when a model was retired since the rules were stored', async () => {
    await get('/policies/active');
    await storeOutlived(2);
    const { status, code, details } = await errorOf(await ask('POST', '/policies/2/activate'));
    expect([status, code]).toEqual([409, 'conflict']);
    expect(details[0]).toContain('was retired on 2026-05-30');
    expect(await activeVersions()).toEqual([1, null]);
  });
});

describe('rollback', () => {
  it('goes to the policy that was in force before, and back again', async () => {
    await store(1, { activate: true });
    await store(2);
    for (const [version, previous] of [
      [1, 2],
      [2, 1],
    ]) {
      const response = await ask('POST', '/rollback');
      const activation = policyActivation.parse(await response.json());
      expect(activation).toEqual({ version, previous, inForceWithinS: 60 });
      expect(await activeVersions()).toEqual([version, previous]);
    }
    const last = (await audited()).at(-1);
    expect(last).toEqual(['local', 'policy.rollback', 'policy:2', ...oneToTwo]);
  });

  it('is refused when nothing was in force before', async () => {
    expect(await errorOf(await ask('POST', '/rollback'))).toMatchObject({ code: 'conflict' });
    expect(await audited()).toEqual([]);
  });

  it('is refused when what was in force is not valid any more', async () => {
    await get('/policies/active');
    await storeOutlived(2);
    await env.DB.prepare('UPDATE active_policy SET previous_version = 2').run();
    expect(await errorOf(await ask('POST', '/rollback'))).toMatchObject({ code: 'conflict' });
    expect(await activeVersions()).toEqual([1, 2]);
  });
});

describe('an explanation', () => {
  const explain = async (body: object) =>
    routeExplanation.parse(await (await ask('POST', '/explain', body)).json());

  it('is of the policy in force, for chat on the default platform', async () => {
    const found = await explain({ tier: 'premium' });
    expect(found).toMatchObject({ ok: true, route: { policyVersion: 1, rule: 1 } });
    expect(found.explanation).toContain('platform streamkinetics.com, workload chat');
    expect(found.considered).toHaveLength(3);
    expect(world.agents.size).toBe(0);
  });

  it('is of a stored version or of rules that are not', async () => {
    await store(1, { rules: [{ ...RULE, model: OSS }] });
    const stored = await explain({ tier: 'free', version: 2 });
    expect(stored).toMatchObject({ ok: true, route: { policyVersion: 2, model: OSS } });
    const draft = await explain({ tier: 'free', rules: [RULE], promptTokens: 130_000 });
    expect(draft).toMatchObject({ ok: false, reason: 'too_long' });
    expect(draft.explanation).toContain('of the draft');
  });

  it.each<[object, string]>([
    [{ tier: 'free', version: 1, rules: [RULE] }, 'invalid_request'],
    [{ tier: 'free', platform: 'elsewhere.com' }, 'invalid_request'],
    [{ tier: 'free', version: 9 }, 'not_found'],
    [{ tier: 'gold' }, 'invalid_request'],
  ])('is refused for %o', async (body, code) => {
    expect(await errorOf(await ask('POST', '/explain', body))).toMatchObject({ code });
  });
});

it('lists the models with their prices, and the platforms', async () => {
  const { models, priceVersion, platforms } = modelList.parse(await get('/models'));
  expect(models).toContainEqual(
    expect.objectContaining({ id: RULE.model, priceIn: 60, retiredSince: null }),
  );
  expect(models.find(({ id }) => id === RETIRED)?.successor).toBe(RULE.model);
  expect(platforms[0]).toBe('streamkinetics.com');
  expect(priceVersion).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});
