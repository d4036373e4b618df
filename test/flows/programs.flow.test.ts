import OpenAI from 'openai';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import type { LimitChanges } from '../../contract/limits.ts';
import { costNano } from '../../contract/models.ts';
import { activePolicyView, policyList } from '../../contract/routing.ts';
import type { UsageRow } from '../../contract/usage.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { inspect, newTenant } from '../support/agents.ts';
import { ask, askOk } from '../support/loopback.ts';
import { addFault, recordedCalls } from '../support/model-record.ts';
import { bookedRows, newApiKey } from '../support/program.ts';

const system = inject('system');
const admin = new LocalAdmin(system.url);

/** A tenant's program: the official client, unchanged but for base URL and key. */
interface Program {
  tenant: CreatedTenant;
  key: string;
  openai: OpenAI;
}

async function program(
  tier: string,
  workloads?: ('chat' | 'summarize' | 'monitor')[],
): Promise<Program> {
  const tenant = await newTenant(system.url, tier);
  const { key, baseURL } = await newApiKey(system.url, tenant.slug, workloads && { workloads });
  return { tenant, key, openai: new OpenAI({ apiKey: key, baseURL, maxRetries: 0 }) };
}

async function limit({ tenant }: Program, limits: LimitChanges): Promise<void> {
  const changed = await admin.call('PATCH', `/tenants/${tenant.id}`, { limits });
  createdTenant.partial({ invite: true }).parse(changed);
}

const user = (content: string) => [{ role: 'user', content }] as const;
const messages = (content: string) => [...user(content)];
const rowsOf = ({ tenant }: Program, attempts: number): Promise<UsageRow[]> =>
  bookedRows(system.url, tenant.id, attempts);

async function failure(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw new Error(`no error of OpenAI's client: ${String(error)}`);
}

describe('the official OpenAI client at a tenant’s /v1', () => {
  let one: Program;
  beforeAll(async () => {
    one = await program('premium');
  });

  it('gets an answer, and streams one, which end as rows with its tokens', async () => {
    const { openai } = one;
    const whole = await openai.chat.completions.create({
      model: 'chat',
      messages: messages('one'),
    });
    expect(whole.choices[0]?.message.content).toContain('one');
    const stream = await openai.chat.completions.create({
      model: 'chat',
      messages: messages('two'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    let chunks = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
      chunks += 1;
    }
    expect(text).toContain('two');
    expect(chunks).toBeGreaterThan(3);
    const rows = await rowsOf(one, 2);
    const counted = [whole.usage, usage].map((used) => [
      used?.prompt_tokens,
      used?.completion_tokens,
    ]);
    const booked = rows.map((row) => [row.tokens_in, row.tokens_out]);
    expect(booked.toSorted()).toEqual(counted.toSorted());
    expect(rows.every(({ source, workload }) => source === 'api' && workload === 'chat')).toBe(
      true,
    );
  });

  it('is told of usage in a stream only where it asked', async () => {
    const stream = await one.openai.chat.completions.create({
      model: 'summarize',
      messages: messages('quiet'),
      stream: true,
    });
    for await (const chunk of stream) {
      expect(chunk.usage ?? null).toBeNull();
      expect(chunk.choices.length).toBeGreaterThan(0);
    }
  });

  it('uses tools', async () => {
    const tools: OpenAI.ChatCompletionTool[] = [
      {
        type: 'function',
        function: { name: 'weather', parameters: { type: 'object', properties: {} } },
      },
    ];
    const asked = messages('How is it?\n!tool weather {"city":"Ulm"}');
    const first = await one.openai.chat.completions.create({
      model: 'chat',
      messages: asked,
      tools,
    });
    const [call] = first.choices[0]?.message.tool_calls ?? [];
    if (call?.type !== 'function') throw new Error('the model called no tool');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Ulm' });
    const answered = await one.openai.chat.completions.create({
      model: 'chat',
      tools,
      messages: [
        ...asked,
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: call.id, content: 'rain' },
      ],
    });
    expect(answered.choices[0]?.message.content).toContain('rain');
  });

  it('lists what it may name, and asks a model by its own name', async () => {
    const ids = (await one.openai.models.list()).data.map(({ id }) => id);
    expect(ids.slice(0, 3)).toEqual(['chat', 'summarize', 'monitor']);
    const named = ids.find((id) => id.startsWith('@cf/')) ?? '';
    const answer = await one.openai.chat.completions.create({
      model: named,
      messages: messages('x'),
    });
    expect(answer.model).toBe(named);
  });

  it('throws its own classes of errors, with our sentences', async () => {
    const { openai, tenant } = one;
    const chat = (model: string, content = 'hi', client = openai) =>
      failure(client.chat.completions.create({ model, messages: messages(content) }));
    const stranger = new OpenAI({ apiKey: 'skm_wrong', baseURL: openai.baseURL, maxRetries: 0 });
    expect(await chat('chat', 'hi', stranger)).toBeInstanceOf(OpenAI.AuthenticationError);
    const unknown = await chat('gpt-4o');
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
    expect([unknown.code, unknown.param]).toEqual(['model_not_found', 'model']);
    const long = await chat('chat', 'word '.repeat(700_000));
    expect(long).toBeInstanceOf(OpenAI.BadRequestError);
    expect(long.code).toBe('context_length_exceeded');
    const narrow = await newApiKey(system.url, tenant.slug, { workloads: ['summarize'] });
    const summarizer = new OpenAI({ apiKey: narrow.key, baseURL: narrow.baseURL, maxRetries: 0 });
    expect(await chat('chat', 'hi', summarizer)).toBeInstanceOf(OpenAI.PermissionDeniedError);
    await askOk(`${system.url}/t/${tenant.slug}/api/keys/${narrow.id}`, { method: 'DELETE' });
    expect(await chat('summarize', 'hi', summarizer)).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(unknown.requestID).toMatch(/^[0-9A-Z]{26}$/);
  });

  it('reaches the same API on the tenant’s own host, and no other tenant’s', async () => {
    const other = await newTenant(system.url);
    const body = { model: 'chat', messages: messages('by host') };
    const headers = { authorization: `Bearer ${one.key}` };
    const call = (url: string) =>
      ask(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    expect((await call(one.tenant.url)).text).toContain('by host');
    expect((await call(other.url)).status).toBe(401);
    expect((await call(`${system.url}/t/${other.slug}`)).status).toBe(401);
  });

  it('never wakes the sandbox', async () => {
    const { agent } = await inspect(system.url, one.tenant.id);
    expect([agent.state, agent.generation]).toEqual(['asleep', 0]);
  });
});

describe('limits of a tenant', () => {
  it('let exactly ten of a hundred calls at once pass, and tell the rest when to come back', async () => {
    const one = await program('premium');
    await limit(one, { maxConcurrentCalls: 10, maxCallsPerMinute: 1_000 });
    // Longer than it takes to send a hundred requests: none of the ten is over before the last comes.
    const delay = { kind: 'delay', ms: 8_000 };
    await addFault(system.controlUrl, {
      match: { tenant: one.tenant.id },
      times: 10,
      fault: delay,
    });
    const calls = await Promise.all(
      Array.from({ length: 100 }, () =>
        one.openai.chat.completions.create({ model: 'chat', messages: messages('now') }).then(
          () => 'passed' as const,
          (error: InstanceType<typeof OpenAI.APIError>) => error,
        ),
      ),
    );
    const refused = calls.filter((call) => call !== 'passed');
    expect(refused).toHaveLength(90);
    for (const error of refused) {
      expect(error).toBeInstanceOf(OpenAI.RateLimitError);
      expect(error.headers?.get('retry-after')).toBe('1');
    }
    expect(await recordedCalls(system.controlUrl, one.tenant.id)).toHaveLength(10);
  });

  it('let a month’s budget be used up, and never passed by more than one reservation', async () => {
    const one = await program('premium');
    const maxNanoPerMonth = 20_000_000;
    await limit(one, { maxNanoPerMonth, maxCallsPerMinute: 1_000, maxConcurrentCalls: 100 });
    const outcomes: string[] = [];
    const content = `${'word '.repeat(200)}\n!long 400`;
    for (let round = 0; round < 12 && !outcomes.includes('insufficient_quota'); round += 1) {
      const calls = Array.from({ length: 6 }, () =>
        one.openai.chat.completions
          .create({ model: 'chat', messages: messages(content), max_tokens: 500 })
          .then(
            () => 'passed',
            (error: InstanceType<typeof OpenAI.APIError>) => String(error.code),
          ),
      );
      outcomes.push(...(await Promise.all(calls)));
    }
    const passed = outcomes.filter((one) => one === 'passed').length;
    expect(new Set(outcomes)).toEqual(new Set(['passed', 'insufficient_quota']));
    const rows = await rowsOf(one, passed);
    expect(rows).toHaveLength(passed);
    const spent = rows.reduce((sum, row) => sum + row.cost_nano, 0);
    const bytes = JSON.stringify({
      model: 'chat',
      messages: messages(content),
      max_tokens: 500,
    }).length;
    const tokensIn = Math.ceil(bytes / 2);
    const model = rows[0]?.model ?? '';
    const reservation = costNano(model, { tokensIn, tokensOut: 500, tokensCached: 0 });
    expect(spent).toBeGreaterThan(maxNanoPerMonth * 0.5);
    expect(spent).toBeLessThanOrEqual(maxNanoPerMonth + reservation);

    await limit(one, { maxNanoPerMonth: null });
    const again = await one.openai.chat.completions.create({
      model: 'chat',
      messages: messages('x'),
    });
    expect(again.choices).toHaveLength(1);
  });
});

describe('a model that fails', () => {
  let one: Program;

  /** Its own rule, with little patience, put in force for this tenant at once. */
  beforeAll(async () => {
    one = await program('enterprise', ['monitor']);
    await limit(one, { maxCallsPerMinute: 1_000 });
    const policy = activePolicyView.parse(await admin.call('GET', '/routing/policies/active'));
    const impatient = {
      tier: 'enterprise',
      workload: 'monitor',
      model: '@cf/openai/gpt-oss-120b',
      fallback: '@cf/zai-org/glm-4.7-flash',
      firstByteTimeoutMs: 1_000,
      maxOutputTokens: 2_000,
    };
    const rules = [...policy.rules, impatient];
    // Other flows have stored versions that are not in force.
    const { policies } = policyList.parse(await admin.call('GET', '/routing/policies?limit=1'));
    const basedOn = policies[0]?.version;
    const body = { rules, note: 'Little patience.', basedOn, activate: true };
    await admin.call('POST', '/routing/policies', body);
    await admin.call('POST', `/agents/${one.tenant.id}/flush`);
  });

  const arm = (fault: object): Promise<void> =>
    addFault(system.controlUrl, { match: { tenant: one.tenant.id }, times: 1, fault });
  let expected = 0;
  /** The rows of the calls that the last test has added. */
  async function newRows(attempts: number): Promise<UsageRow[]> {
    expected += attempts;
    const rows = await rowsOf(one, expected);
    expect(rows).toHaveLength(expected);
    return rows.slice(0, attempts).toSorted((x, y) => x.attempt - y.attempt);
  }

  const before: [string, object][] = [
    ['hangs before its first byte', { kind: 'hang_before' }],
    ['closes before its first byte', { kind: 'close_before' }],
    ...[408, 410, 429, 500, 503].map((status): [string, object] => [
      `answers ${status}`,
      { kind: 'status', status },
    ]),
  ];
  for (const [what, fault] of before) {
    it(`and ${what}: the fallback answers, once, and both attempts are booked`, async () => {
      await arm(fault);
      const stream = await one.openai.chat.completions.create({
        model: 'monitor',
        messages: messages(what),
        stream: true,
      });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      expect(text.split(what)).toHaveLength(2);
      const [primary, fallback] = await newRows(2);
      expect(primary).toMatchObject({ attempt: 1, model: '@cf/openai/gpt-oss-120b' });
      expect(primary?.outcome).not.toBe('ok');
      expect(fallback).toMatchObject({
        attempt: 2,
        model: '@cf/zai-org/glm-4.7-flash',
        outcome: 'ok',
      });
    });
  }

  for (const [what, kind] of [
    ['hangs after its first byte', 'hang_within'],
    ['is cut after its first byte', 'cut'],
  ] as const) {
    it(`and ${what}: one error in the client’s words, no second attempt, one row`, async () => {
      await arm({ kind, afterChunks: 5 });
      const stream = await one.openai.chat.completions.create({
        model: 'monitor',
        messages: messages(`${what}\n!long 100`),
        stream: true,
      });
      let text = '';
      const error = await failure(
        (async () => {
          for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
        })(),
      );
      expect(text).not.toBe('');
      expect(error.message).toContain('stopped in the middle');
      const [row] = await newRows(1);
      expect(row).toMatchObject({ attempt: 1, outcome: 'cut', settled_by: 'looked_up' });
      const calls = await recordedCalls(system.controlUrl, one.tenant.id);
      expect(calls).toHaveLength(expected);
    });
  }
});
