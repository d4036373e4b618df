import type { Limits } from '../../../../contract/limits.ts';
import { TIER_CONFIG, TIERS, type InstanceSize, type Tier } from '../../../../contract/tiers.ts';

export const SITE = {
  name: 'StreamKinetics',
  origin: 'https://streamkinetics.com',
  title: 'StreamKinetics: an OpenClaw agent of your own',
  description:
    'An OpenClaw agent for you and your team, alone in its container. It sleeps while nobody needs it, wakes with its files, holds no API key, and puts every model call on the bill.',
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

/** How many schedules there may be, and how often they run. */
function schedulesOf({ maxSchedules, minScheduleIntervalMs }: Limits): string {
  const minutes = minScheduleIntervalMs / 60_000;
  const every = minutes === 60 ? 'hourly' : minutes === 1 ? 'each minute' : `every ${minutes} min`;
  return `${maxSchedules}, ${every}`;
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
        { label: 'Schedules', value: schedulesOf(config.limits) },
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
