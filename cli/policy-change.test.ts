import { describe, expect, test } from 'vitest';
import { MODEL_CATALOG } from '../contract/models.ts';
import type { PolicyRule } from '../contract/policy.ts';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { changeRule, overridesOf, type Subject, type Wish } from './policy-change.ts';

const GLM = '@cf/zai-org/glm-4.7-flash';
const OSS = '@cf/openai/gpt-oss-120b';
const KIMI = '@cf/moonshotai/kimi-k2.6';
const LLAMA = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
const catalog = MODEL_CATALOG;
const [GENERAL, PREMIUM_CHAT] = SEED_POLICY.rules as [PolicyRule, PolicyRule, PolicyRule];

function change(subject: Subject, wish: Wish, rules = SEED_POLICY.rules) {
  return changeRule({ rules }, { subject, wish, catalog });
}

describe('a rule for exactly this', () => {
  test('keeps its place, and what was not named', () => {
    const { rules, index, changed } = change({ tier: 'premium', workload: 'chat' }, { model: OSS });
    expect([index, changed]).toEqual([1, true]);
    expect(rules[1]).toEqual({ ...PREMIUM_CHAT, model: OSS });
    expect(rules.toSpliced(1, 1)).toEqual(SEED_POLICY.rules.toSpliced(1, 1));
  });

  test('takes everything that was named', () => {
    const wish = { model: OSS, fallback: null, firstByteTimeoutMs: 9_000, maxOutputTokens: 99 };
    const { rule } = change({ tier: 'premium', workload: 'chat' }, wish);
    expect(rule).toEqual({ tier: 'premium', workload: 'chat', ...wish });
  });

  test('that says so already is no change', () => {
    const { changed, rules } = change({ tier: 'premium', workload: 'chat' }, { model: KIMI });
    expect(changed).toBe(false);
    expect(rules).toEqual(SEED_POLICY.rules);
  });

  test('of no dimension is the one for everything', () => {
    expect(change({}, { model: OSS, fallback: GLM })).toMatchObject({ index: 0, changed: true });
  });
});

describe('a new rule', () => {
  test('comes last and begins as the most specific one that decided before', () => {
    const platform = 'streamkinetics.com';
    const { rules, index, rule } = change(
      { tier: 'premium', platform, workload: 'chat' },
      { model: OSS },
    );
    expect([rules.length, index]).toEqual([4, 3]);
    expect(rule).toEqual({ ...PREMIUM_CHAT, platform, model: OSS });
  });

  test('is not taken from a rule about less than it', () => {
    const { rule } = change({ tier: 'premium' }, { model: KIMI });
    expect(rule).toEqual({ ...GENERAL, tier: 'premium', model: KIMI });
  });

  test('has the other model as its fallback when it would fall back on itself', () => {
    expect(change({ tier: 'free' }, { model: OSS }).rule.fallback).toBe(GLM);
    const only = [{ ...GENERAL, fallback: null }];
    expect(change({ tier: 'free' }, { model: GLM }, only).rule.fallback).toBeNull();
  });

  test('with nothing to begin with has no fallback', () => {
    const { rule } = change({ tier: 'free' }, { model: OSS }, [PREMIUM_CHAT]);
    expect(rule).toMatchObject({ model: OSS, fallback: null });
  });
});

describe('the cap on an answer', () => {
  test('leaves the room that prompts need in a small model, and says so', () => {
    const { rule, notes } = change({ tier: 'premium' }, { model: LLAMA });
    expect(rule.maxOutputTokens).toBe(4_000);
    expect(notes).toEqual(['maxOutputTokens is 4000, not 4096: prompts need 20000 tokens.']);
  });

  test('counts the fallback’s window too', () => {
    const { rule } = change({ tier: 'premium', workload: 'chat' }, { model: OSS, fallback: LLAMA });
    expect(rule.maxOutputTokens).toBe(4_000);
  });

  test('that was asked for stays: the system says what is wrong with it', () => {
    const { rule, notes } = change({ tier: 'premium' }, { model: LLAMA, maxOutputTokens: 8_192 });
    expect([rule.maxOutputTokens, notes]).toEqual([8_192, []]);
  });

  test('of a model that publishes no window stays', () => {
    const { rule } = change({ tier: 'free' }, { model: '@cf/meta/llama-3.1-8b-instruct-fp8-fast' });
    expect(rule.maxOutputTokens).toBe(4_096);
  });
});

describe('rules that still decide', () => {
  test('are named, the more specific ones only', () => {
    const { rules, index } = change({ tier: 'premium' }, { model: LLAMA });
    expect(overridesOf(rules, index)).toEqual([
      `For tier premium, workload chat a more specific rule still gives ${KIMI}.`,
    ]);
  });

  test('of a platform that only it names are named too', () => {
    const rules = [GENERAL, { ...GENERAL, platform: 'a.b', model: OSS }];
    expect(overridesOf(rules, 0)).toEqual([
      `For platform a.b a more specific rule still gives ${OSS}.`,
    ]);
    expect(overridesOf(rules, 1)).toEqual([]);
  });
});
