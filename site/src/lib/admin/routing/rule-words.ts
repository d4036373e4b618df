import { findModel } from '../../../../../contract/models.ts';
import { countWords } from '../../ui/words.ts';

const NANO_PER_MILLION_TOKENS = 1_000;
const dollars = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 3,
});

/** The name of a model without who serves and makes it: `@cf/openai/gpt-oss-20b` is `gpt-oss-20b`. */
export const shortModel = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** Nano-dollars per token as people compare prices: dollars per million tokens. */
export const priceWords = (nano: number): string => dollars.format(nano / NANO_PER_MILLION_TOKENS);

/** Prices of a model in and out, per million tokens; null for one that is not in the catalog. */
export function pricesOf(id: string): string | null {
  const model = findModel(id);
  return model ? `${priceWords(model.priceIn)} / ${priceWords(model.priceOut)}` : null;
}

/** Milliseconds as seconds: `1.5 s`. */
export const secondsWords = (ms: number): string => `${ms / 1_000} s`;

const FIELDS = {
  model: { name: 'model', words: shortModel },
  fallback: { name: 'fallback', words: shortModel },
  firstByteTimeoutMs: { name: 'first byte', words: (ms: string) => secondsWords(Number(ms)) },
  maxOutputTokens: { name: 'output cap', words: (n: string) => countWords(Number(n)) },
} as const;

/** A field of a rule that changed, and its value before or after, for people. */
export function fieldWords(
  field: keyof typeof FIELDS,
  value: string | number | null,
): { name: string; value: string } {
  const { name, words } = FIELDS[field];
  return { name, value: value === null ? 'none' : words(String(value)) };
}
