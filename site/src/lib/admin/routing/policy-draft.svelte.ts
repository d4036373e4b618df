import { z } from 'zod';
import { MAX_RULES, type PolicyRule } from '../../../../../contract/policy-rule.ts';
import { TIERS, WORKLOADS } from '../../../../../contract/tiers.ts';
import { checkDraft, draftOf, ruleOf, type DraftRule } from './draft-rule.ts';

/** A draft as the browser keeps it over a reload. */
const keptDraft = z.object({
  /** The newest version that its author knows. */
  basedOn: z.number().int(),
  rules: z
    .array(
      z.object({
        tier: z.enum([...TIERS, '']),
        platform: z.string(),
        workload: z.enum([...WORKLOADS, '']),
        model: z.string(),
        fallback: z.string(),
        firstByteS: z.number().nullable(),
        maxOutputTokens: z.number().nullable(),
      }),
    )
    .max(MAX_RULES),
});

const NEW_RULE: PolicyRule = {
  model: '',
  fallback: null,
  firstByteTimeoutMs: 20_000,
  maxOutputTokens: 4_096,
};

/** The rules that somebody is writing, and what they are a change of. */
export class PolicyDraft {
  rules: DraftRule[] = $state([]);
  /** The newest version that its author knows. */
  basedOn: number = $state(0);
  readonly #base: readonly PolicyRule[];
  readonly #platforms: readonly string[];
  #keys = 0;

  readonly check = $derived.by(() => checkDraft(this.rules, this.#platforms));
  readonly isChanged = $derived.by(
    () => JSON.stringify(this.rules.map(ruleOf)) !== JSON.stringify(this.#base.map(plain)),
  );

  constructor(base: {
    rules: readonly PolicyRule[];
    basedOn: number;
    platforms: readonly string[];
  }) {
    this.#base = base.rules;
    this.#platforms = base.platforms;
    this.basedOn = base.basedOn;
    this.reset();
  }

  #draft(rule: PolicyRule): DraftRule {
    this.#keys += 1;
    return draftOf(rule, this.#keys);
  }

  /** Begins again with the rules that it is a change of. */
  reset(): void {
    this.rules = this.#base.map((rule) => this.#draft(rule));
  }

  /** Adds a rule at the end; answers its key. */
  add(): number {
    const rule = this.#draft(NEW_RULE);
    this.rules.push(rule);
    return rule.key;
  }

  /** Adds the same rule right below; answers the key of the new one. */
  duplicate(key: number): number {
    const index = this.rules.findIndex((rule) => rule.key === key);
    const rule = this.rules[index];
    if (!rule) return key;
    const copy = this.#draft(ruleOf(rule));
    this.rules.splice(index + 1, 0, copy);
    return copy.key;
  }

  /** Takes a rule away; answers the key of the one that stands in its place, or null. */
  remove(key: number): number | null {
    const index = this.rules.findIndex((rule) => rule.key === key);
    this.rules.splice(index, 1);
    return (this.rules[index] ?? this.rules.at(-1))?.key ?? null;
  }

  /** What the browser keeps. */
  toText(): string {
    const rules = this.rules.map((rule) => ({ ...rule, key: undefined }));
    return JSON.stringify({ basedOn: this.basedOn, rules });
  }

  /** Takes up what was kept; false when that is no draft. */
  restore(text: string): boolean {
    const parsed = keptDraft.safeParse(parseJson(text));
    if (!parsed.success) return false;
    const { basedOn, rules } = parsed.data;
    this.basedOn = basedOn;
    this.rules = rules.map((rule) => {
      this.#keys += 1;
      return { ...rule, key: this.#keys };
    });
    return true;
  }
}

/** The same rule with its fields in the order of the editor's, so that texts compare. */
function plain(rule: PolicyRule): PolicyRule {
  return ruleOf(draftOf(rule, 0));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
