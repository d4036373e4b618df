import { z } from 'zod';

export const TIERS = ['free', 'premium', 'enterprise'] as const;
export const tierSchema = z.enum(TIERS);
export type Tier = z.infer<typeof tierSchema>;

export const WORKLOADS = ['chat', 'summarize', 'monitor'] as const;
export const workloadSchema = z.enum(WORKLOADS);
export type Workload = z.infer<typeof workloadSchema>;

/** Container sizes that fit OpenClaw: it needs 1.5 GB, so `lite` and `basic` are too small. */
export type InstanceSize = 'standard-1' | 'standard-2' | 'standard-3' | 'standard-4';

export interface TierConfig {
  /** One line for the public site. */
  summary: string;
  instance: InstanceSize;
  /** Memory that OpenClaw's JavaScript heap may take, in MiB. */
  heapMb: number;
  /** Time without a turn after which the agent goes to sleep, ms. */
  idleMs: number;
  /** Whether the container reaches the internet when the tenant's setting says nothing. */
  internet: boolean;
  /** Longest message a member may send, in characters. */
  maxMessageChars: number;
  /** Turns waiting in one session behind the running one. */
  maxQueuedTurns: number;
  /** Sessions kept at a time. */
  maxSessions: number;
  /** Calls under way at once. */
  maxConcurrentCalls: number;
  maxSchedules: number;
  /** Shortest time between two runs of a schedule, ms: each one keeps a sandbox awake for a while. */
  minScheduleIntervalMs: number;
}

const MINUTE_MS = 60_000;

/** Limits, idle time, size and internet by tier: the one table of them. */
export const TIER_CONFIG: Record<Tier, TierConfig> = {
  free: {
    summary: 'A fast model and an agent that naps quickly.',
    instance: 'standard-1',
    heapMb: 384,
    idleMs: 5 * MINUTE_MS,
    internet: false,
    maxMessageChars: 8_000,
    maxQueuedTurns: 4,
    maxSessions: 20,
    maxConcurrentCalls: 4,
    maxSchedules: 3,
    minScheduleIntervalMs: 60 * MINUTE_MS,
  },
  premium: {
    summary: 'The high-quality model and an agent that wakes twice as fast.',
    instance: 'standard-2',
    heapMb: 768,
    idleMs: 15 * MINUTE_MS,
    internet: false,
    maxMessageChars: 32_000,
    maxQueuedTurns: 16,
    maxSessions: 500,
    maxConcurrentCalls: 10,
    maxSchedules: 20,
    minScheduleIntervalMs: 5 * MINUTE_MS,
  },
  enterprise: {
    summary: 'Two full cores, the highest limits and the longest attention span.',
    instance: 'standard-3',
    heapMb: 1536,
    idleMs: 60 * MINUTE_MS,
    internet: false,
    maxMessageChars: 100_000,
    maxQueuedTurns: 32,
    maxSessions: 5_000,
    maxConcurrentCalls: 40,
    maxSchedules: 100,
    minScheduleIntervalMs: MINUTE_MS,
  },
};
