import type {
  CreateScheduleBody,
  ScheduleRunView,
  ScheduleTimesQuery,
  ScheduleView,
  UpdateScheduleBody,
} from '../contract/schedules.ts';
import type { Door } from './door.ts';
import type { Caller } from './rpc.ts';
import * as schedules from './schedules.ts';
import type { Scheduling } from './scheduling.ts';
import type { AgentDb } from './storage.ts';

export interface ScheduleAccessDeps {
  db: AgentDb;
  door: Pick<Door, 'identify' | 'changer'>;
  scheduling: Pick<Scheduling, 'create' | 'update' | 'runNow' | 'timesAhead'>;
  now(): number;
}

/** What callers ask of schedules: members look, and owners and operators change them. */
export class ScheduleAccess {
  readonly #deps: ScheduleAccessDeps;

  constructor(deps: ScheduleAccessDeps) {
    this.#deps = deps;
  }

  list(caller: Caller): ScheduleView[] {
    this.#deps.door.identify(caller);
    return schedules.listSchedules(this.#deps.db);
  }

  /** When an expression would come next, for every member. AppError invalid_request. */
  timesAhead(caller: Caller, query: ScheduleTimesQuery): number[] {
    this.#deps.door.identify(caller);
    return this.#deps.scheduling.timesAhead(query);
  }

  read(caller: Caller, id: string): ScheduleView {
    this.#deps.door.identify(caller);
    return schedules.readSchedule(this.#deps.db, id);
  }

  create(caller: Caller, body: CreateScheduleBody): ScheduleView {
    const { name } = this.#deps.door.changer(caller);
    return this.#deps.scheduling.create(name, body);
  }

  update(caller: Caller, id: string, body: UpdateScheduleBody): ScheduleView {
    this.#deps.door.changer(caller);
    return this.#deps.scheduling.update(id, body);
  }

  delete(caller: Caller, id: string): void {
    const { db, door, now } = this.#deps;
    door.changer(caller);
    schedules.deleteSchedule(db, id, now());
  }

  run(caller: Caller, id: string): ScheduleRunView {
    this.#deps.door.changer(caller);
    return this.#deps.scheduling.runNow(id);
  }

  runs(caller: Caller, id: string, limit: number): ScheduleRunView[] {
    this.#deps.door.identify(caller);
    return schedules.listRuns(this.#deps.db, id, limit);
  }
}
