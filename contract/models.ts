import { z } from 'zod';
import { MODEL_CATALOG, type CatalogModel } from './model-catalog.ts';

export { MODEL_CATALOG, PRICE_VERSION, type CatalogModel } from './model-catalog.ts';

/**
 * Bytes of a request that stand for one token of its prompt: of English prose. OpenClaw's shortest
 * request of 39 KB is 12,000 tokens by its own count, 3.25 bytes each, and other scripts have fewer. So
 * this errs towards too few tokens: a model that finds a prompt too long says so itself, and the next
 * larger one is asked; one that would have held it is never passed over.
 */
const BYTES_PER_TOKEN = 4;

const byId = new Map(MODEL_CATALOG.map((model) => [model.id, model]));

/** The catalog's entry, or null for a model that it does not know. */
export function findModel(id: string): CatalogModel | null {
  return byId.get(id) ?? null;
}

/** How many tokens the prompt of a request is at least, from its size in bytes. */
export function estimatePromptTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

export const tokenUsage = z.object({
  /** Prompt tokens, cached ones included. */
  tokensIn: z.number().int().nonnegative(),
  tokensOut: z.number().int().nonnegative(),
  tokensCached: z.number().int().nonnegative(),
});
export type TokenUsage = z.infer<typeof tokenUsage>;

/**
 * What an attempt cost, in integer nano-dollars. Cached prompt tokens are priced apart where the
 * catalog has a price for them. An unknown model costs nothing here: no route ever names one.
 */
export function costNano(modelId: string, usage: TokenUsage): number {
  const model = findModel(modelId);
  if (!model) return 0;
  const cached = Math.min(usage.tokensCached, usage.tokensIn);
  const cachedPrice = model.priceCached ?? model.priceIn;
  return (
    (usage.tokensIn - cached) * model.priceIn +
    cached * cachedPrice +
    usage.tokensOut * model.priceOut
  );
}
