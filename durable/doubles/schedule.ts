import type { TenantRecord } from '../../contract/agent.ts';
import type { CreateScheduleBody, ScheduleView } from '../../contract/schedules.ts';
import { TIER_CONFIG } from '../../contract/tiers.ts';
import { createSchedule } from '../schedules.ts';
import type { AgentDb } from '../storage.ts';
import { makeRecord } from './fresh-agent.ts';

/** A whole minute, as all times of schedules are: 2025-06-15 15:07 UTC. */
export const MINUTE = 1_750_000_020_000;
export const HOURLY: CreateScheduleBody = {
  name: 'Report',
  cron: '0 * * * *',
  timeZone: 'UTC',
  prompt: 'Report what is new.',
  enabled: true,
};
/** When the hourly schedule made at MINUTE is due first. */
export const FIRST_HOUR = Date.parse('2025-06-15T16:00:00Z');

/** What a run is started with. */
export function contextOf(
  db: AgentDb,
  now: number,
  changed: Partial<TenantRecord> = {},
): { db: AgentDb; record: TenantRecord; now: number } {
  return { db, now, record: makeRecord(changed) };
}

/** A schedule made at MINUTE by a tenant of the free tier. */
export function makeSchedule(db: AgentDb, changed: Partial<CreateScheduleBody> = {}): ScheduleView {
  return createSchedule({ db, limits: TIER_CONFIG.free.limits, now: MINUTE }, 'Ann', {
    ...HOURLY,
    ...changed,
  });
}
