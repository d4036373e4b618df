import type { CDPSession, Page } from 'playwright-core';
import { z } from 'zod';

const traced = z.looseObject({ name: z.string(), pid: z.number(), tid: z.number() });
const threadName = z.looseObject({
  name: z.literal('thread_name'),
  args: z.looseObject({ name: z.literal('CrRendererMain') }),
});
/** A task of a thread's loop; `tdur` is its CPU time, µs. */
const task = z.looseObject({
  name: z.literal('ThreadControllerImpl::RunTask'),
  tdur: z.number().default(0),
});

/**
 * The CPU time of a page's tasks: it tells a slow page from a busy machine, on which a task of few
 * milliseconds lasts as long as others want.
 */
export class TaskTrace {
  readonly #session: CDPSession;
  readonly #events: unknown[] = [];

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on('Tracing.dataCollected', ({ value }) => this.#events.push(...value));
  }

  static async start(page: Page): Promise<TaskTrace> {
    const trace = new TaskTrace(await page.context().newCDPSession(page));
    const traceConfig = { includedCategories: ['toplevel'] };
    await trace.#session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
    return trace;
  }

  /** Ends it. @returns the longest task of the page's main thread, ms of CPU. */
  async longestCpuMs(): Promise<number> {
    const isComplete = new Promise<void>((resolve) => {
      this.#session.once('Tracing.tracingComplete', () => resolve());
    });
    await this.#session.send('Tracing.end');
    await isComplete;
    await this.#session.detach();
    const events = this.#events.flatMap((event) => traced.safeParse(event).data ?? []);
    const threads = new Set(
      events.filter((event) => threadName.safeParse(event).success).map(threadOf),
    );
    const tasks = events.filter((event) => threads.has(threadOf(event)));
    const cpuUs = tasks.map((event) => task.safeParse(event).data?.tdur ?? 0);
    return cpuUs.reduce((most, one) => Math.max(most, one), 0) / 1_000;
  }
}

function threadOf({ pid, tid }: { pid: number; tid: number }): string {
  return `${pid}:${tid}`;
}
