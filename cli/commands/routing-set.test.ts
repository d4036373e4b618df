import { describe, expect, test } from 'vitest';
import { MODEL_CATALOG, PRICE_VERSION } from '../../contract/models.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const LLAMA = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
const KIMI = '@cf/moonshotai/kimi-k2.6';
const GLM = '@cf/zai-org/glm-4.7-flash';
const summary = { author: 'ada@example.com', note: 'Why.', createdAt: 1 };
const warnings = [`rule 4: model ${LLAMA} holds only 24000 tokens.`];

interface Play {
  active?: number;
  newest?: number;
  answer?: Scripted;
}

/** A system with the first policy in force, which answers a new one with `answer`. */
async function set(argv: string, { active = 1, newest = 1, answer }: Play = {}) {
  const policy = { ...summary, version: active, active: true, rules: SEED_POLICY.rules };
  const stored = {
    ...policy,
    version: newest + 1,
    active: !argv.includes('no-activate'),
    warnings,
  };
  const system = await startSystem(
    {
      body: {
        policies: [{ ...summary, version: newest, active: true, ruleCount: 3 }],
        cursor: null,
      },
    },
    { body: { ...policy, previous: null, activatedAt: 1 } },
    { body: { models: MODEL_CATALOG, priceVersion: PRICE_VERSION } },
    answer ?? { status: 201, body: stored },
  );
  const ran = await skclaw(['routing', 'set', ...argv.split(' ')], {
    env: { SKCLAW_URL: system.url },
  });
  return { ...ran, received: system.received, sent: system.received[3]?.body };
}

describe('routing set', () => {
  test('stores the charter’s change as a version after the newest and puts it in force', async () => {
    const ran = await set(`--tier premium --model ${LLAMA}`);
    expect(ran.code).toBe(0);
    // A tier's model is what it chats with, as in `routing test`.
    const [general, chat, enterprise] = SEED_POLICY.rules;
    const rule = { ...chat, model: LLAMA, maxOutputTokens: 4_000 };
    expect(ran.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /admin/api/routing/policies?limit=1',
      'GET /admin/api/routing/policies/active',
      'GET /admin/api/routing/models',
      'POST /admin/api/routing/policies',
    ]);
    expect(ran.sent).toEqual({
      rules: [general, rule, enterprise],
      note: `tier premium, workload chat: ${LLAMA}, fallback ${GLM}`,
      basedOn: 1,
      activate: true,
    });
    expect(ran.data()).toMatchObject({ changed: true, version: 2, active: true, rule, warnings });
    expect(ran.data()['diff']).toMatchObject({
      changed: [{ description: 'tier premium, workload chat' }],
    });
  });

  test('says what the rule does not reach, the warnings, and when it is in force', async () => {
    const { stderr, sent } = await set(`--tier premium --workload any --model ${LLAMA}`);
    expect(sent).toMatchObject({ rules: [{}, {}, {}, { tier: 'premium', model: LLAMA }] });
    expect(stderr.split('\n')).toEqual([
      'maxOutputTokens is 4000, not 4096: prompts need 20000 tokens.',
      `warning: ${warnings[0]}`,
      `For tier premium, workload chat a more specific rule still gives ${KIMI}.`,
      'Policy 2 is in force within 60 s.',
      '',
    ]);
  });

  test('changes the rule for exactly that, with everything that was named', async () => {
    const ran = await set(
      `--tier premium --workload chat --model ${GLM} --fallback none --max-output-tokens 500 --first-byte-timeout-ms 5000 --note Cheaper`,
    );
    const [general, , enterprise] = SEED_POLICY.rules;
    const caps = { maxOutputTokens: 500, firstByteTimeoutMs: 5_000 };
    const rule = { tier: 'premium', workload: 'chat', model: GLM, fallback: null, ...caps };
    expect(ran.sent).toMatchObject({ rules: [general, rule, enterprise], note: 'Cheaper' });
  });

  test('changes the rule for everything only when told so', async () => {
    const ran = await set(`--default --model ${KIMI}`);
    expect(ran.sent).toMatchObject({ rules: [{ model: KIMI }, {}, {}] });
  });

  test('--no-activate only stores it, and says how to go on', async () => {
    const ran = await set(`--tier premium --model ${LLAMA} --no-activate`);
    expect(ran.sent).toMatchObject({ activate: false });
    expect(ran.data()).toMatchObject({ version: 2, active: false });
    expect(ran.stderr).toContain('skclaw routing activate 2 puts it in force');
  });

  test('makes no version of a change that changes nothing, and says so', async () => {
    const ran = await set(`--tier premium --workload chat --model ${KIMI}`);
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ changed: false, version: 1 });
    expect(ran.stderr).toContain('Nothing to change: policy 1 says so already');
    expect(ran.received.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('shows in a table who gets another model', async () => {
    const argv = `--tier premium --workload any --model ${LLAMA} --format table`;
    const { stdout } = await set(argv);
    expect(stdout).toMatch(/^added +tier premium +- +rule 4$/m);
    expect(stdout).toMatch(/^route +premium summarize on any other platform +@cf\/zai\S+, else /m);
  });

  test('says that a newer version, which is not in force, is passed over', async () => {
    const ran = await set(`--tier premium --model ${LLAMA}`, { active: 1, newest: 4 });
    expect(ran.sent).toMatchObject({ basedOn: 4 });
    expect(ran.stderr).toContain('Policy 4 was stored but is not in force: 5 has none of its');
  });
});

describe('routing set refuses', () => {
  test.each([
    [
      '--tier free --model @cf/meta/llama-3.1-8b-instruct',
      'was retired on 2026-05-30',
      `Use ${GLM}.`,
    ],
    [
      `--tier free --model ${GLM} --fallback @cf/meta/llama-3.1-8b-instruct`,
      'was retired on 2026-05-30',
      `Use ${GLM}.`,
    ],
    ['--tier free --model @cf/zai-org/glm-4.7-flsh', 'not in the model catalog', `mean ${GLM}?`],
    ['--tier free --model gpt', 'not in the model catalog', 'There are: '],
  ])('%s before anything is stored', async (argv, message, hint) => {
    const ran = await set(argv);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain(message);
    expect(ran.error().hint).toContain(hint);
    expect(ran.received).toHaveLength(3);
  });

  test.each([
    [`--model ${GLM}`, 'Say what it is for'],
    [`--tier free --default --model ${GLM}`, 'Say what it is for'],
    ['--tier free', '--model is required'],
    [`--tier gold --model ${GLM}`, '--tier must be one of'],
    [`--tier free --model ${GLM} --max-output-tokens 8`, '--max-output-tokens: Too small'],
    [`--tier free --model ${GLM} --first-byte-timeout-ms soon`, 'must be a whole number'],
    [`--tier free --model ${GLM} --activate`, 'There is no option --activate'],
  ])('%s before it asks anything', async (argv, message) => {
    const ran = await set(argv);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain(message);
    expect(ran.received).toEqual([]);
  });

  test('to overwrite what another operator stored meanwhile', async () => {
    const message = 'The newest policy is version 2, not 1.';
    const error = { code: 'conflict', message, hint: 'Send it again.', requestId: 'r1' };
    const ran = await set(`--tier free --model ${KIMI}`, {
      answer: { status: 409, body: { error } },
    });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toEqual({
      ...error,
      hint: expect.stringContaining('run the command again'),
    });
    expect(ran.received).toHaveLength(4);
  });

  test.each([
    [400, 'invalid_policy', 1],
    [403, 'forbidden', 2],
    [500, 'internal', 3],
  ])('with the system, %i %s', async (status, code, exit) => {
    const error = { code, message: 'No.', details: ['a', 'b'] };
    const ran = await set(`--tier free --model ${KIMI}`, { answer: { status, body: { error } } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});
