import { z } from 'zod';
import type { LimitOverrides, Limits } from './limits.ts';

export const TIERS = ['free', 'premium', 'enterprise'] as const;
export const tierSchema = z.enum(TIERS);
export type Tier = z.infer<typeof tierSchema>;

export const WORKLOADS = ['chat', 'summarize', 'monitor'] as const;
export const workloadSchema = z.enum(WORKLOADS);
export type Workload = z.infer<typeof workloadSchema>;

/** Container sizes that fit OpenClaw: it needs 1.5 GB, so `lite` and `basic` are too small. */
export type InstanceSize = 'standard-1' | 'standard-2' | 'standard-3' | 'standard-4';

/** Memory of each size, in MiB (Cloudflare Containers, instance types). */
export const INSTANCE_MEMORY_MB: Record<InstanceSize, number> = {
  'standard-1': 4_096,
  'standard-2': 6_144,
  'standard-3': 8_192,
  'standard-4': 12_288,
};

export interface TierConfig {
  /** One line for the public site. */
  summary: string;
  instance: InstanceSize;
  /** Time without a turn after which the agent goes to sleep, ms. */
  idleMs: number;
  /** Whether the container reaches the internet when the tenant's setting says nothing. */
  internet: boolean;
  limits: Limits;
}

const MINUTE_MS = 60_000;
/** Nano-dollars of one dollar. */
const DOLLAR_NANO = 1_000_000_000;

/**
 * Limits, idle time, size and internet by tier: the one table of them. OpenClaw's shortest call is
 * 12,000 tokens, and a turn with tools makes several.
 */
export const TIER_CONFIG: Record<Tier, TierConfig> = {
  free: {
    summary: 'A fast model and an agent that naps quickly.',
    instance: 'standard-1',
    idleMs: 5 * MINUTE_MS,
    internet: false,
    limits: {
      maxCallsPerMinute: 60,
      maxTurnsPerMinute: 10,
      maxConcurrentCalls: 4,
      maxTokensPerDay: 2_000_000,
      maxNanoPerMonth: 5 * DOLLAR_NANO,
      maxMessageChars: 8_000,
      maxQueuedTurns: 4,
      maxSessions: 20,
      maxSchedules: 3,
      minScheduleIntervalMs: 60 * MINUTE_MS,
    },
  },
  premium: {
    summary: 'The high-quality model and an agent that wakes twice as fast.',
    instance: 'standard-2',
    idleMs: 15 * MINUTE_MS,
    internet: false,
    limits: {
      maxCallsPerMinute: 240,
      maxTurnsPerMinute: 30,
      maxConcurrentCalls: 10,
      maxTokensPerDay: 20_000_000,
      maxNanoPerMonth: 100 * DOLLAR_NANO,
      maxMessageChars: 32_000,
      maxQueuedTurns: 16,
      maxSessions: 500,
      maxSchedules: 20,
      minScheduleIntervalMs: 5 * MINUTE_MS,
    },
  },
  enterprise: {
    summary: 'Two full cores, the highest limits and the longest attention span.',
    instance: 'standard-3',
    idleMs: 60 * MINUTE_MS,
    internet: false,
    limits: {
      maxCallsPerMinute: 1_200,
      maxTurnsPerMinute: 120,
      maxConcurrentCalls: 40,
      maxTokensPerDay: 200_000_000,
      maxNanoPerMonth: 2_000 * DOLLAR_NANO,
      maxMessageChars: 100_000,
      maxQueuedTurns: 32,
      maxSessions: 5_000,
      maxSchedules: 100,
      minScheduleIntervalMs: MINUTE_MS,
    },
  },
};

/** The limits of a tenant: its tier's, and its own in place of them where it has some. */
export function limitsOf(tenant: { tier: Tier; limits: LimitOverrides | null }): Limits {
  return { ...TIER_CONFIG[tenant.tier].limits, ...tenant.limits };
}
