import type { TenantRecord } from '../contract/agent.ts';
import type { Limits } from '../contract/limits.ts';
import {
  TIMES_AHEAD,
  type CreateScheduleBody,
  type ScheduleRunView,
  type ScheduleTimesQuery,
  type ScheduleView,
  type UpdateScheduleBody,
} from '../contract/schedules.ts';
import { limitsOf } from '../contract/tiers.ts';
import { takePrewake } from './schedule-prewake.ts';
import { runView } from './schedule-runs.ts';
import { runScheduleStep, startRun, type QueuedTurn } from './schedule-start.ts';
import { checkTimes, nextTimes } from './schedule-times.ts';
import { createSchedule, getSchedule, updateSchedule } from './schedules.ts';
import type { AgentDb } from './storage.ts';

export interface SchedulingDeps {
  db: AgentDb;
  record(): TenantRecord;
  now(): number;
  /** A turn was queued in this commit: it needs its watchdog, and followers are told. */
  queued(turn: QueuedTurn): void;
  /** The agent is needed soon: a wake starts if none is under way. */
  wakeAhead(): void;
}

/** The agent's schedules as it changes and runs them: stored, timed, and started when they are due. */
export class Scheduling {
  readonly #deps: SchedulingDeps;

  constructor(deps: SchedulingDeps) {
    this.#deps = deps;
  }

  create(by: string, body: CreateScheduleBody): ScheduleView {
    return createSchedule(this.#context(), by, body);
  }

  update(id: string, body: UpdateScheduleBody): ScheduleView {
    return updateSchedule(this.#context(), id, body);
  }

  /** When an expression would come next here. AppError invalid_request when it cannot be a schedule's. */
  timesAhead({ cron, timeZone }: ScheduleTimesQuery): number[] {
    const { limits, now } = this.#context();
    checkTimes(cron, timeZone, { minIntervalMs: limits.minScheduleIntervalMs, now });
    return nextTimes({ cron, timeZone }, { after: now, count: TIMES_AHEAD });
  }

  /** Runs a schedule now, on or off. AppError when its last run is open or nothing can be queued. */
  runNow(id: string): ScheduleRunView {
    const { db, record, now, queued } = this.#deps;
    const at = now();
    const context = { db, record: record(), now: at };
    const time = { trigger: 'manual', dueAt: at } as const;
    const { run, queued: turn } = startRun(context, getSchedule(db, id), time);
    if (turn) queued(turn);
    return runView(run);
  }

  /** The due step `schedule` of one schedule. */
  step(id: string): void {
    const { db, record, now, queued } = this.#deps;
    const turn = runScheduleStep({ db, record: record(), now: now() }, id);
    if (turn) queued(turn);
  }

  /** The due step `prewake`. A suspended agent is not started for what it will skip. */
  prewake(): void {
    const { db, record, now, wakeAhead } = this.#deps;
    const { isNeeded } = takePrewake(db, now());
    if (isNeeded && record().status === 'active') wakeAhead();
  }

  #context(): { db: AgentDb; limits: Limits; now: number } {
    const { db, record, now } = this.#deps;
    return { db, limits: limitsOf(record()), now: now() };
  }
}
