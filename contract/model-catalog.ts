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
  /** The page that window and prices are from. */
  source: string;
  /** ISO date on which they were last compared with it. */
  asOf: string;
}

/** Goes on each usage row, so that a later price never changes what was booked. */
export const PRICE_VERSION = '2026-11-22';

const PAGES = 'https://developers.cloudflare.com/workers-ai/models';
/** Has the prices of models whose own page is silent. */
const PRICING_PAGE = 'https://developers.cloudflare.com/workers-ai/platform/pricing/';

/** What most entries have in common. */
const CURRENT = { priceCached: null, tools: true, vision: false, retiredSince: null } as const;

/** The models that policies may name. An entry never goes: a retired one names its successor. */
export const MODEL_CATALOG: readonly CatalogModel[] = [
  {
    ...CURRENT,
    id: '@cf/zai-org/glm-4.7-flash',
    contextWindow: 131_072,
    priceIn: 60,
    priceOut: 400,
    successor: null,
    source: `${PAGES}/glm-4.7-flash/`,
    asOf: '2026-11-22',
  },
  {
    ...CURRENT,
    id: '@cf/openai/gpt-oss-120b',
    contextWindow: 128_000,
    priceIn: 350,
    priceOut: 750,
    successor: null,
    source: `${PAGES}/gpt-oss-120b/`,
    asOf: '2026-11-22',
  },
  {
    ...CURRENT,
    id: '@cf/openai/gpt-oss-20b',
    contextWindow: 128_000,
    priceIn: 200,
    priceOut: 300,
    successor: null,
    source: `${PAGES}/gpt-oss-20b/`,
    asOf: '2026-11-22',
  },
  {
    ...CURRENT,
    id: '@cf/google/gemma-4-26b-a4b-it',
    contextWindow: 256_000,
    priceIn: 100,
    priceOut: 300,
    vision: true,
    successor: null,
    source: `${PAGES}/gemma-4-26b-a4b-it/`,
    asOf: '2026-11-22',
  },
  {
    ...CURRENT,
    id: '@cf/moonshotai/kimi-k2.6',
    contextWindow: 262_144,
    priceIn: 950,
    priceOut: 4_000,
    priceCached: 160,
    vision: true,
    successor: null,
    source: `${PAGES}/kimi-k2.6/`,
    asOf: '2026-11-22',
  },
  {
    ...CURRENT,
    id: '@cf/deepseek-ai/deepseek-v4-flash-0731',
    contextWindow: 1_048_576,
    priceIn: 440,
    priceOut: 1_320,
    priceCached: 14,
    successor: null,
    source: `${PAGES}/deepseek-v4-flash-0731/`,
    asOf: '2026-11-22',
  },
  {
    ...CURRENT,
    id: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
    contextWindow: 24_000,
    priceIn: 293,
    priceOut: 2_253,
    successor: null,
    source: `${PAGES}/llama-3.3-70b-instruct-fp8-fast/`,
    asOf: '2026-10-01',
  },
  {
    ...CURRENT,
    id: '@cf/meta/llama-3.1-8b-instruct-fp8-fast',
    contextWindow: null,
    priceIn: 45,
    priceOut: 384,
    tools: false,
    successor: null,
    source: PRICING_PAGE,
    asOf: '2026-10-01',
  },
  {
    ...CURRENT,
    id: '@cf/meta/llama-3.1-8b-instruct',
    contextWindow: 7_968,
    priceIn: 280,
    priceOut: 830,
    tools: false,
    retiredSince: '2026-05-30',
    successor: '@cf/zai-org/glm-4.7-flash',
    source: `${PAGES}/llama-3.1-8b-instruct/`,
    asOf: '2026-11-22',
  },
];
