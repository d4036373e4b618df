import { TIER_CONFIG, TIERS, type InstanceSize, type Tier } from '../../../../contract/tiers.ts';

export const SITE = {
  name: 'StreamKinetics',
  origin: 'https://streamkinetics.com',
  title: 'StreamKinetics: one OpenClaw agent per customer, on your Cloudflare account',
  description:
    'Runs a separate OpenClaw agent for each customer. Agents sleep when nobody needs them and wake with their files, hold no API key, and every model call is on the bill.',
} as const;

/** What Cloudflare gives each size, source: Cloudflare Containers, instance types. */
const SIZES: Record<InstanceSize, { cpu: string; memory: string }> = {
  'standard-1': { cpu: '½ vCPU', memory: '4 GiB' },
  'standard-2': { cpu: '1 vCPU', memory: '6 GiB' },
  'standard-3': { cpu: '2 vCPU', memory: '8 GiB' },
  'standard-4': { cpu: '4 vCPU', memory: '12 GiB' },
};

const NAMES: Record<Tier, string> = { free: 'Free', premium: 'Premium', enterprise: 'Enterprise' };
const number = new Intl.NumberFormat('en');

export interface TierCard {
  name: string;
  summary: string;
  lines: { label: string; value: string }[];
}

/** The tiers as the public site shows them, from the one table of them. */
export function tierCards(): TierCard[] {
  return TIERS.map((tier) => {
    const config = TIER_CONFIG[tier];
    const { cpu, memory } = SIZES[config.instance];
    return {
      name: NAMES[tier],
      summary: config.summary,
      lines: [
        { label: 'Container', value: `${cpu}, ${memory}` },
        { label: 'Sleeps after', value: `${config.idleMs / 60_000} min of quiet` },
        { label: 'Sessions kept', value: number.format(config.limits.maxSessions) },
        {
          label: 'Longest message',
          value: `${number.format(config.limits.maxMessageChars)} characters`,
        },
        { label: 'Calls at once', value: number.format(config.limits.maxConcurrentCalls) },
        {
          label: 'Tokens a day',
          value: number.format(config.limits.maxTokensPerDay),
        },
        {
          label: 'Models a month',
          value: `$${number.format(config.limits.maxNanoPerMonth / 1e9)}`,
        },
      ],
    };
  });
}
