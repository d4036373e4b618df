import { expect, test } from 'vitest';
import { SEED_POLICY } from '../../../../../contract/seed-policy.ts';
import { PolicyDraft } from './policy-draft.svelte.ts';

const BASE = { rules: SEED_POLICY.rules, basedOn: 4, platforms: ['streamkinetics.com'] };
const models = (draft: PolicyDraft): string[] => draft.rules.map(({ model }) => model);

test('a draft begins as what it is a change of, and is one once something differs', () => {
  const draft = new PolicyDraft(BASE);
  expect(draft.isChanged).toBe(false);
  const [first] = draft.rules;
  if (!first) throw new Error('there is no rule');
  const before = first.maxOutputTokens;
  first.maxOutputTokens = 100;
  expect(draft.isChanged).toBe(true);
  first.maxOutputTokens = before;
  expect(draft.isChanged).toBe(false);
});

test('rules are added at the end, doubled right below and removed, and the keyboard goes on there', () => {
  const draft = new PolicyDraft(BASE);
  const [first = '', ...others] = models(draft);
  const copy = draft.duplicate(draft.rules[0]?.key ?? 0);
  expect([models(draft), draft.rules[1]?.key]).toEqual([[first, first, ...others], copy]);
  expect(draft.rules.at(-1)?.key).not.toBe(copy);
  const added = draft.add();
  expect(draft.rules.at(-1)).toMatchObject({ key: added, model: '', fallback: '' });
  expect(draft.remove(copy)).toBe(draft.rules[1]?.key);
  expect(draft.remove(added)).toBe(draft.rules.at(-1)?.key);
  expect(models(draft)).toEqual([first, ...others]);
  while (draft.rules[0]) draft.remove(draft.rules[0].key);
  expect([draft.rules.length, draft.check.errors > 0]).toEqual([0, true]);
});

test('what was kept is taken up again, unfinished as it was', () => {
  const draft = new PolicyDraft(BASE);
  draft.add();
  draft.basedOn = 5;
  const again = new PolicyDraft(BASE);
  expect(again.restore(draft.toText())).toBe(true);
  expect([again.basedOn, again.isChanged, models(again)]).toEqual([5, true, models(draft)]);
  again.reset();
  expect(again.isChanged).toBe(false);
});

test.each(['', 'x', '{}', '{"basedOn":1,"rules":[{"tier":"gold"}]}'])(
  'what is no draft changes nothing: %s',
  (text) => {
    const draft = new PolicyDraft(BASE);
    expect(draft.restore(text)).toBe(false);
    expect(draft.isChanged).toBe(false);
  },
);
