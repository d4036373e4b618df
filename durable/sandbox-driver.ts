import type { TenantRecord } from '../contract/agent.ts';
import type { Policy } from '../contract/policy.ts';
import type { SupervisorStatus } from '../contract/supervisor.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { readCell, writeCell } from './cells.ts';
import type { SandboxContainer } from './container.ts';
import { classifyContainerError } from './container-errors.ts';
import { atMost } from './deadline.ts';
import { clearDue, setDue, WATCHDOG_MS } from './due.ts';
import { MODELS_HOST, STATE_HOST } from './internal-hosts.ts';
import { keepLogTail } from './log-tail.ts';
import { reasonOf } from './log.ts';
import { withRemedy } from './restore.ts';
import { sandboxEnv } from './sandbox-env.ts';
import { randomToken } from './secrets.ts';
import { saveForSleep } from './sleep-snapshot.ts';
import { restorePoint } from './snapshot-index.ts';
import type { AgentDb } from './storage.ts';
import { supervisorClient, SupervisorError, type SupervisorClient } from './supervisor-client.ts';
import { note } from './timeline.ts';
import { wakeNews } from './wake-news.ts';
import { keepResult, resultOf } from './wake-results.ts';
import {
  INITIAL_WAKE,
  isWaking,
  transition,
  RESTORE_TIMEOUT_MS,
  WAKE_TIMEOUT_MS,
  type WakeEvent,
  type WakeState,
} from './wake.ts';

/** Pause between tries to reach a supervisor that does not listen yet, ms. */
const CONNECT_POLL_MS = 50;
/** A container that is not running this long after its start has died, ms. */
const DEATH_GRACE_MS = 2_000;
/**
 * A supervisor listens within a second of its container's start, which takes 7 s (p95) and more with
 * an image to fetch. Cloudflare also reports containers as running that never execute, ms.
 */
const REACH_TIMEOUT_MS = 60_000;
/** Cloudflare answers a destroy within seconds; one that hangs must not hold up the next start, ms. */
const DESTROY_TIMEOUT_MS = 15_000;
/** Checks in a row that OpenClaw leaves unanswered before it counts as hung. */
const HUNG_CHECKS = 3;
/** Such checks are this far apart at least, ms; the watchdog's come every 30 s. */
const HUNG_CHECK_MS = 20_000;
/** Status requests in a row that may break off while the container runs. */
const MAX_BROKEN_STATUSES = 5;
/** First pause after one, ms; doubles, to six seconds in all. */
const BROKEN_PAUSE_MS = 200;
/** Tries to save in a row through a supervisor that gives no answer; then there is nothing to save. */
const MAX_UNANSWERED_SAVES = 4;
/** And so long at least: a network may be down for a while, ms. */
const MIN_UNANSWERED_MS = 120_000;
/** The container's own inactivity stop comes this much later than our idle deadline, ms. */
const BACKSTOP_MS = 10 * 60_000;
/** Wakes whose times are remembered, for the expected time. */
const REMEMBERED_WAKES = 10;

export interface SandboxDeps {
  db: AgentDb;
  container: SandboxContainer | null;
  /** The egress of a generation: where its requests to internal hosts arrive. */
  egress(generation: number): Fetcher;
  record(): TenantRecord;
  policy(): Promise<Policy>;
  safeTools: boolean;
  now(): number;
  /** The machine has moved: followers are told, and D1 is due. */
  changed(wake: WakeState): void;
  log(entry: { level: 'info' | 'warn' | 'error'; msg: string; [key: string]: unknown }): void;
}

/** When the stage a wake is in has taken too long; each has its own time. */
const deadlineOf = ({ state, since }: WakeState): number =>
  since + (state === 'restoring' ? RESTORE_TIMEOUT_MS : WAKE_TIMEOUT_MS);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Drives the wake machine: does what its state asks for, until it rests in asleep, ready or failed.
 * The state is in storage, so that whoever comes next, after an eviction too, goes on from there.
 */
export class SandboxDriver {
  readonly #deps: SandboxDeps;
  #driving: Promise<WakeState> | null = null;
  /** Checks in a row that OpenClaw left unanswered, in which generation, and when the last was. */
  #unhealthy = { generation: 0, checks: 0, at: 0 };

  constructor(deps: SandboxDeps) {
    this.#deps = deps;
  }

  get wake(): WakeState {
    return readCell(this.#deps.db, 'wake') ?? INITIAL_WAKE;
  }

  /** The supervisor of the running generation, or null when there is none to talk to. */
  supervisor(): SupervisorClient | null {
    const { tokens } = this.wake;
    const { container } = this.#deps;
    return container && tokens ? supervisorClient(container, tokens.supervisor) : null;
  }

  /** Asks for a wake; `insist` also starts an agent that has failed for good. */
  demand(insist: boolean): WakeState {
    const tokens = { supervisor: randomToken(), gateway: randomToken() };
    return this.apply({ type: 'demand', insist, restore: restorePoint(this.#deps.db), tokens });
  }

  /** One step of the machine: state, watchdog and news in one commit. */
  apply(event: WakeEvent): WakeState {
    const { db, now, changed } = this.#deps;
    const before = this.wake;
    const at = now();
    const after = transition(before, event, at);
    if (after === before) return before;
    writeCell(db, 'wake', after);
    const news = wakeNews(before, after);
    if (news) note(db, news, at);
    keepResult(db, resultOf(before, after));
    this.#watch(after);
    if (after.state === 'ready') this.#remember(after);
    changed(after);
    return after;
  }

  /** Drives until the machine rests, and answers where. One drive at a time. */
  drive(): Promise<WakeState> {
    this.#driving ??= this.#drive().finally(() => {
      this.#driving = null;
    });
    return this.#driving;
  }

  /** Registers what a restart of the object loses while its container lives on. */
  async adopt(): Promise<void> {
    const { container } = this.#deps;
    if (!container?.running) return;
    await this.#register(container, this.wake.generation);
  }

  /**
   * Looks whether a sandbox that should be ready is. One that is gone is lost, and the next demand
   * starts another generation; one whose OpenClaw hangs is drained, so that its state is saved first.
   */
  async probe(): Promise<WakeState> {
    const wake = this.wake;
    if (wake.state !== 'ready') return wake;
    const { generation } = wake;
    let message = 'The sandbox stopped unexpectedly.';
    try {
      if (await this.#isReadyAgain(wake)) return this.#noteHealth();
    } catch (error) {
      // It does not answer, or OpenClaw's own restart failed: lost either way.
      if (error instanceof SupervisorError) message = error.message;
    }
    await this.#keepLog(generation);
    // An operator may have put it to sleep meanwhile.
    if (this.wake.state !== 'ready' || this.wake.generation !== generation) return this.wake;
    await this.#destroy();
    return this.apply({ type: 'lost', generation, code: 'sandbox_lost', message, lasting: false });
  }

  /** Whether a sandbox that was ready is, now or after OpenClaw's own restart in it. */
  async #isReadyAgain(wake: WakeState): Promise<boolean> {
    const { container, now } = this.#deps;
    if (!container?.running) return false;
    const status = await this.#patiently(async (supervisor) => supervisor.check());
    if (status?.generation !== wake.generation) return false;
    if (status.stage === 'stopping' || status.stage === 'stopped') return false;
    this.#noteCheck(status);
    const restartedAt = now();
    await this.#untilReady(wake, status, () => restartedAt + WAKE_TIMEOUT_MS);
    return true;
  }

  #noteCheck({ generation, openclaw }: SupervisorStatus): void {
    const { checks, at, generation: before } = this.#unhealthy;
    const now = this.#deps.now();
    if (openclaw.healthy !== false) this.#unhealthy = { generation, checks: 0, at: now };
    else if (before !== generation) this.#unhealthy = { generation, checks: 1, at: now };
    // Two looks at the same stall are one.
    else if (now - at >= HUNG_CHECK_MS)
      this.#unhealthy = { generation, checks: checks + 1, at: now };
  }

  #noteHealth(): WakeState {
    if (this.#unhealthy.checks < HUNG_CHECKS) return this.wake;
    const { generation } = this.wake;
    this.#deps.log({ level: 'warn', msg: 'OpenClaw hangs and is replaced', generation });
    return this.apply({ type: 'drain', force: false });
  }

  /** Destroys the sandbox without saving it, whatever it does. False while it still runs. */
  async discard(): Promise<boolean> {
    this.apply({ type: 'discard' });
    await this.#destroy();
    return !this.#deps.container?.running;
  }

  /** Keeps Cloudflare's own inactivity stop behind ours. */
  async touch(): Promise<void> {
    const { container, record } = this.#deps;
    if (!container?.running) return;
    await container.setInactivityTimeout(TIER_CONFIG[record().tier].idleMs + BACKSTOP_MS);
  }

  async #drive(): Promise<WakeState> {
    for (;;) {
      const wake = this.wake;
      if (isWaking(wake.state)) await this.#wakeUp(wake);
      else if (wake.state === 'draining' && this.#mayDrain(wake)) await this.#drain(wake);
      else return wake;
      // A drain that could not store its snapshot waits for its next try.
      const { since, generation } = this.wake;
      if (since === wake.since && generation === wake.generation) return this.wake;
    }
  }

  /** A save that failed has its time, whoever comes before; an operator who insists does not wait. */
  #mayDrain({ force, failure }: WakeState): boolean {
    return force || (failure?.nextTryAt ?? 0) <= this.#deps.now();
  }

  async #wakeUp(wake: WakeState): Promise<void> {
    const { generation } = wake;
    try {
      if (wake.state === 'starting') await this.#start(wake);
      const status = await this.#reach(wake);
      await this.#untilReady(wake, status, () => deadlineOf(this.wake));
    } catch (error) {
      const failure = withRemedy(classifyContainerError(error), wake.restore);
      const { code, message, lasting } = failure;
      this.#deps.log({
        level: 'warn',
        msg: 'wake failed',
        generation,
        code,
        error: reasonOf(error),
      });
      await this.#keepLog(generation);
      await this.#destroy();
      this.apply({ type: 'lost', generation, code, message, lasting });
    }
  }

  async #start(wake: WakeState): Promise<void> {
    const { container, record, policy, safeTools } = this.#deps;
    if (!container) throw new Error('this agent has no container');
    if (container.running) {
      const status = await this.supervisor()
        ?.status()
        .catch(() => null);
      // Started before an eviction, and this very generation: go on with it.
      if (status?.generation === wake.generation) return;
      await this.#destroy();
    }
    const tenant = record();
    const tier = TIER_CONFIG[tenant.tier];
    const env = sandboxEnv({ wake, record: tenant, policy: await policy(), safeTools });
    // Between two awaits a discarded generation must not come to life after all.
    if (this.#isOver(wake)) throw new SupervisorError('discarded', 'The sandbox is not wanted.');
    container.start({
      instance: tier.instance,
      enableInternet: tenant.internet ?? tier.internet,
      env,
      labels: { tenant: tenant.id, generation: String(wake.generation) },
    });
    await this.#register(container, wake.generation);
  }

  #isOver({ generation }: Pick<WakeState, 'generation'>): boolean {
    return this.wake.generation !== generation;
  }

  async #register(container: SandboxContainer, generation: number): Promise<void> {
    const egress = this.#deps.egress(generation);
    await Promise.all([
      container.intercept(MODELS_HOST, egress),
      container.intercept(STATE_HOST, egress),
      this.touch(),
    ]);
  }

  /** Waits until the supervisor of this generation answers. */
  async #reach(wake: WakeState): Promise<SupervisorStatus> {
    const { container, now } = this.#deps;
    // From now, not from the start: a wake may have outlived the object that began it.
    const deadline = now() + REACH_TIMEOUT_MS;
    let diedAt: number | null = null;
    let last: unknown = new SupervisorError('no_answer', 'The sandbox never answered.');
    for (;;) {
      if (now() > deadline || this.#isOver(wake)) throw last;
      const status = await this.supervisor()
        ?.status()
        .catch((error: unknown) => {
          if (error instanceof SupervisorError) throw error;
          last = error;
          return null;
        });
      if (status?.generation === wake.generation) return status;
      if (container?.running) diedAt = null;
      else {
        diedAt ??= now();
        if (now() - diedAt > DEATH_GRACE_MS) {
          throw new SupervisorError('sandbox_exited', 'The sandbox stopped while it was starting.');
        }
      }
      await sleep(CONNECT_POLL_MS);
    }
  }

  /** Follows the supervisor's stages until OpenClaw is ready. SupervisorError when it failed. */
  async #untilReady(
    wake: WakeState,
    first: SupervisorStatus,
    deadline: () => number,
  ): Promise<void> {
    const { generation } = wake;
    let status = first;
    for (;;) {
      if (status.stage === 'failed') {
        const { code, message } = status.reason ?? {
          code: 'boot_failed',
          message: 'OpenClaw did not start.',
        };
        throw new SupervisorError(code, message);
      }
      if (status.stage === 'ready' && status.restored?.sha256 !== wake.restore?.sha256) {
        const message = 'The sandbox did not restore what it was told to.';
        throw new SupervisorError('restore_unverified', message);
      }
      if (status.stage === 'restoring' || status.stage === 'booting' || status.stage === 'ready') {
        this.apply({ type: 'stage', generation, stage: status.stage });
      }
      if (status.stage === 'ready') return;
      if (this.wake.state === 'draining' || this.#isOver(wake)) return;
      const { rev } = status;
      status = (await this.#patiently((supervisor) => supervisor.status(rev))) ?? status;
      if (this.#deps.now() > deadline()) {
        throw new SupervisorError('wake_timeout', 'OpenClaw did not become ready in time.');
      }
    }
  }

  /**
   * Asks the supervisor. A connection that breaks is made again for some seconds while the container
   * runs: a lost answer must not cost a sandbox what it has not saved yet.
   */
  async #patiently(
    ask: (supervisor: SupervisorClient) => Promise<SupervisorStatus>,
  ): Promise<SupervisorStatus | undefined> {
    for (let failures = 1; ; failures += 1) {
      try {
        const supervisor = this.supervisor();
        return supervisor ? await ask(supervisor) : undefined;
      } catch (error) {
        const isOver = error instanceof SupervisorError || !this.#deps.container?.running;
        if (isOver || failures >= MAX_BROKEN_STATUSES) throw error;
        await sleep(BROKEN_PAUSE_MS * 2 ** failures);
      }
    }
  }

  /** OpenClaw stopped cleanly → snapshot if dirty → container destroyed once it is stored. */
  async #drain(wake: WakeState): Promise<void> {
    const { db, container, now, log } = this.#deps;
    const { generation } = wake;
    try {
      if (container?.running) {
        const supervisor = this.supervisor();
        await supervisor?.stop();
        if (supervisor) {
          const isForced = (): boolean => this.wake.force;
          await saveForSleep({ db, supervisor, generation, now, isForced });
        }
      } else {
        log({ level: 'warn', msg: 'the sandbox was gone before it could be saved', generation });
      }
    } catch (error) {
      log({ level: 'error', msg: 'drain failed', generation, error: reasonOf(error) });
      // Asked anew: an operator may have insisted meanwhile.
      if (!this.wake.force && container?.running && !this.#isUnreachable(generation, error)) return;
    }
    await this.#keepLog(generation);
    await this.#destroy();
    this.apply({ type: 'slept', generation });
  }

  /** The end of the log outlives its sandbox: it may say why that one is gone. */
  async #keepLog(generation: number): Promise<void> {
    const { db, container, log } = this.#deps;
    const supervisor = container?.running ? this.supervisor() : null;
    if (!supervisor || this.#isOver({ generation })) return;
    try {
      await keepLogTail({
        db,
        supervisor,
        generation,
        isCurrent: () => !this.#isOver({ generation }),
      });
    } catch (error) {
      log({ level: 'info', msg: 'the log was not kept', generation, error: reasonOf(error) });
    }
  }

  /** Notes a failed save, and tells whether the sandbox is beyond saving: nothing in it answers. */
  #isUnreachable(generation: number, error: unknown): boolean {
    const message = 'The agent’s state could not be saved yet.';
    const answered = error instanceof SupervisorError;
    const code = answered ? error.code : 'no_answer';
    const wake = this.apply({ type: 'unsaved', generation, code, message, answered });
    const silentMs = this.#deps.now() - wake.since;
    return wake.unanswered >= MAX_UNANSWERED_SAVES && silentMs >= MIN_UNANSWERED_MS;
  }

  async #destroy(): Promise<void> {
    const { container, log } = this.#deps;
    if (!container?.running) return;
    try {
      await atMost(DESTROY_TIMEOUT_MS, container.destroy());
      if (container.running) log({ level: 'warn', msg: 'a destroyed container still runs' });
    } catch (error) {
      log({ level: 'warn', msg: 'destroy failed', error: reasonOf(error) });
    }
  }

  #watch(wake: WakeState): void {
    const { db, now } = this.#deps;
    if (wake.failure?.nextTryAt) setDue(db, 'wake', '', wake.failure.nextTryAt);
    else if (isWaking(wake.state) || wake.state === 'draining')
      setDue(db, 'wake', '', now() + WATCHDOG_MS);
    else clearDue(db, 'wake', '');
  }

  #remember(wake: WakeState): void {
    const { db } = this.#deps;
    const total = wake.timings.reduce((sum, { ms }) => sum + ms, 0);
    const times = [...(readCell(db, 'wakeTimes') ?? []), Math.round(total)];
    writeCell(db, 'wakeTimes', times.slice(-REMEMBERED_WAKES));
  }
}
