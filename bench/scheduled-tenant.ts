import { agentInspection } from '../contract/api.ts';
import { scheduleRunList, scheduleView, type ScheduleRunView } from '../contract/schedules.ts';
import { LocalAdmin } from '../local/runner/admin.ts';
import { askOk } from '../test/support/loopback.ts';

/** Looking moves nothing; this is short against the time an agent sleeps between two minutes, ms. */
const LOOK_EVERY_MS = 500;
/** A minute to wait for, and another for an agent that takes long: longer is a hang, ms. */
const RUN_TIMEOUT_MS = 150_000;

/** One run, and whether its agent was seen asleep around it. */
export interface WatchedRun {
  slug: string;
  run: ScheduleRunView;
  /** From the schedule's time until its turn was handed to OpenClaw; null when it never was. */
  lateMs: number | null;
  sleptBefore: boolean;
  sleptAfter: boolean;
}

/** A tenant with a schedule of a run a minute, watched from outside. */
export class ScheduledTenant {
  readonly #url: string;
  readonly #tenant: { id: string; slug: string };
  readonly #asleepAt: number[] = [];

  constructor(url: string, tenant: { id: string; slug: string }) {
    this.#url = url;
    this.#tenant = tenant;
  }

  /** Makes the schedule, watches its first `count` runs and turns it off again. */
  async watch(count: number): Promise<WatchedRun[]> {
    const { id } = scheduleView.parse(
      await this.#call('POST', '', { name: 'Every minute', cron: '* * * * *', prompt: 'Report.' }),
    );
    const createdAt = Date.now();
    await this.#untilOver(id, count);
    await this.#call('PATCH', `/${id}`, { enabled: false });
    await this.#look(() => this.#isAsleep());
    const runs = (await this.#runs(id)).filter(({ trigger }) => trigger === 'time').toReversed();
    return runs.map((run, index) => ({
      slug: this.#tenant.slug,
      run,
      lateMs: run.startedAt === null ? null : run.startedAt - run.dueAt,
      sleptBefore: this.#sleptBetween(runs[index - 1]?.endedAt ?? createdAt, run.dueAt),
      sleptAfter: this.#sleptBetween(run.endedAt ?? run.dueAt, runs[index + 1]?.dueAt ?? Infinity),
    }));
  }

  async #untilOver(id: string, count: number): Promise<void> {
    for (let over = 1; over <= count; over += 1) {
      await this.#look(async () => {
        await this.#isAsleep();
        const ended = (await this.#runs(id)).filter(({ endedAt }) => endedAt !== null);
        return ended.length >= over;
      });
    }
  }

  async #look(isOver: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + RUN_TIMEOUT_MS;
    while (!(await isOver())) {
      if (Date.now() > deadline) throw new Error(`${this.#tenant.slug}: nothing happens any more`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #isAsleep(): Promise<boolean> {
    const path = `/agents/${this.#tenant.id}`;
    const { agent } = agentInspection.parse(await new LocalAdmin(this.#url).call('GET', path));
    if (agent.state !== 'asleep') return false;
    this.#asleepAt.push(Date.now());
    return true;
  }

  #sleptBetween(from: number, to: number): boolean {
    return this.#asleepAt.some((at) => at > from && at < to);
  }

  async #runs(id: string): Promise<ScheduleRunView[]> {
    return scheduleRunList.parse(await this.#call('GET', `/${id}/runs?limit=50`)).runs;
  }

  #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const address = `${this.#url}/t/${this.#tenant.slug}/api/schedules${path}`;
    return askOk(address, { method, body });
  }
}
