import { z } from 'zod';

/** One model of Workers AI. Prices are nano-dollars per token: $1 per million tokens is 1,000. */
export interface CatalogModel {
  id: string;
  /** Tokens that prompt and answer share; null where Cloudflare publishes none. */
  contextWindow: number | null;
  priceIn: number;
  priceOut: number;
  /** Price of a cached prompt token; null where cached tokens cost what others do. */
  priceCached: number | null;
  tools: boolean;
  vision: boolean;
  /** ISO date since when Cloudflare answers 410. */
  retiredSince: string | null;
  successor: string | null;
}

/** Goes on each usage row, so that a later price never changes what was booked. */
export const PRICE_VERSION = '2026-10-01';

/** Source: Cloudflare's Workers AI model pages and pricing, as of October 2026. */
const MODEL_CATALOG: readonly CatalogModel[] = [
  {
    id: '@cf/zai-org/glm-4.7-flash',
    contextWindow: 131_072,
    priceIn: 60,
    priceOut: 400,
    priceCached: null,
    tools: true,
    vision: false,
    retiredSince: null,
    successor: null,
  },
  {
    id: '@cf/openai/gpt-oss-120b',
    contextWindow: 128_000,
    priceIn: 350,
    priceOut: 750,
    priceCached: null,
    tools: true,
    vision: false,
    retiredSince: null,
    successor: null,
  },
  {
    id: '@cf/moonshotai/kimi-k2.6',
    contextWindow: 262_144,
    priceIn: 950,
    priceOut: 4_000,
    priceCached: 160,
    tools: true,
    vision: true,
    retiredSince: null,
    successor: null,
  },
  {
    id: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
    contextWindow: 24_000,
    priceIn: 293,
    priceOut: 2_253,
    priceCached: null,
    tools: true,
    vision: false,
    retiredSince: null,
    successor: null,
  },
  {
    id: '@cf/meta/llama-3.1-8b-instruct-fp8-fast',
    contextWindow: null,
    priceIn: 45,
    priceOut: 384,
    priceCached: null,
    tools: false,
    vision: false,
    retiredSince: null,
    successor: null,
  },
  {
    id: '@cf/meta/llama-3.1-8b-instruct',
    contextWindow: null,
    priceIn: 45,
    priceOut: 384,
    priceCached: null,
    tools: false,
    vision: false,
    retiredSince: '2026-05-30',
    successor: '@cf/zai-org/glm-4.7-flash',
  },
];

const byId = new Map(MODEL_CATALOG.map((model) => [model.id, model]));

/** The catalog's entry, or null for a model that it does not know. */
export function findModel(id: string): CatalogModel | null {
  return byId.get(id) ?? null;
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
 * catalog has a price for them. An unknown model costs nothing here: policies refuse it earlier.
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
