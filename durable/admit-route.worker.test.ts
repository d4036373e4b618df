import { describe, expect, it } from 'vitest';
import type { Policy } from '../contract/policy.ts';
import { admit } from './admit.ts';
import { freshAgent } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  FALLBACK,
  POLICY,
  PRIMARY,
  rowsOf,
} from './doubles/ledger.ts';

/** Holds 24,000 tokens. */
const SMALL = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
const LARGEST = '@cf/deepseek-ai/deepseek-v4-flash-0731';
const RULE = { firstByteTimeoutMs: 20_000, maxOutputTokens: 1_000 };
/** Chats have a small model first, everything may have a large one, summaries the largest. */
const SIZES: Policy = {
  version: 1,
  rules: [
    { workload: 'chat', model: SMALL, fallback: PRIMARY, ...RULE },
    { model: PRIMARY, fallback: FALLBACK, ...RULE },
    { workload: 'summarize', model: LARGEST, fallback: null, ...RULE },
  ],
};
/** Bytes of a prompt that is taken for so many tokens. */
const bytesOf = (tokens: number): number => tokens * 4;

describe('a prompt', () => {
  it('goes to the first model of its rule that holds it and the longest answer', () =>
    freshAgent().inside(({ db }) => {
      const ask = (id: string, tokens: number) =>
        admitted(contextOf(db, { policy: SIZES }), callOf(id, { requestBytes: bytesOf(tokens) }));
      expect(ask('a', 23_000)).toMatchObject({ model: SMALL, hasFallback: true });
      expect(ask('b', 23_001)).toMatchObject({ model: PRIMARY, hasFallback: false });
    }));

  it('goes to a model of a more general rule when none of its own holds it', () =>
    freshAgent().inside(({ db }) => {
      const rules = [{ ...SIZES.rules[0]!, fallback: null }, ...SIZES.rules.slice(1)];
      const ctx = contextOf(db, { policy: { version: 1, rules } });
      const attempt = admitted(ctx, callOf('a', { requestBytes: bytesOf(30_000) }));
      expect(attempt).toMatchObject({ model: PRIMARY, hasFallback: false });
    }));

  it('that no model holds is refused as too long, and books nothing', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db, { policy: SIZES });
      expect(admit(ctx, callOf('a', { requestBytes: bytesOf(200_000) }))).toEqual({
        ok: false,
        code: 'prompt_too_long',
        message:
          'This is about 200,000 tokens long, more than any model here can read at once. Shorten it, or start a new conversation.',
        retryAfterMs: null,
        failedCalls: 0,
      });
      expect(rowsOf(db)).toEqual([]);
    }));
});

describe('a model that the caller names', () => {
  const ask = (model: string, tokens = 1_000) =>
    callOf('call', { source: 'api', model, requestBytes: bytesOf(tokens) });

  it('is asked where the rules of its workload have it, without a stand-in', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db, { policy: SIZES });
      expect(admit(ctx, ask(LARGEST))).toMatchObject({ code: 'model_not_found' });
      const attempt = admitted(ctx, { ...ask(LARGEST), workload: 'summarize' });
      expect(attempt).toMatchObject({ model: LARGEST, hasFallback: false });
    }));

  it('is refused where they don’t, with those that there are', () =>
    freshAgent().inside(({ db }) => {
      const premium = { tier: 'premium', model: LARGEST, fallback: null, ...RULE } as const;
      const rules = [...POLICY.rules, premium];
      const ctx = contextOf(db, { policy: { version: 1, rules } });
      for (const model of [LARGEST, 'gpt-4o', 'chat']) {
        expect(admit(ctx, ask(model))).toMatchObject({
          ok: false,
          code: 'model_not_found',
          message: `The model ${model} is not available here. Choose one of: ${PRIMARY}, ${FALLBACK}.`,
        });
      }
      expect(rowsOf(db)).toEqual([]);
    }));

  it('is refused where it can’t hold the prompt, though another could', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db, { policy: SIZES });
      expect(admit(ctx, ask(SMALL, 30_000))).toMatchObject({ code: 'prompt_too_long' });
      expect(rowsOf(db)).toEqual([]);
    }));
});
