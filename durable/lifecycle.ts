import type { AgentState, AgentStatus } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { upsertAgentRow } from '../db/queries/agents.ts';
import { openDb as openD1 } from '../db/queries/open.ts';
import { noteActive, noteDirty } from './activity.ts';
import { readCell } from './cells.ts';
import type { Door } from './door.ts';
import { clearDue, nextDueAt, setDue, WATCHDOG_MS } from './due.ts';
import type { AgentEnv } from './env.ts';
import { decideIdle } from './idle.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import { leadMsOf, nextScheduledAt } from './schedule-prewake.ts';
import type { SnapshotDriver } from './snapshot-driver.ts';
import type { AgentDb } from './storage.ts';
import type { TurnDriver } from './turn-driver.ts';
import type { TurnPump } from './turn-pump.ts';
import { getTurn, openTurns, type Turn } from './turns.ts';
import { forgetReported, unreported } from './wake-results.ts';
import { hasGivenUp, isWaking, statusOf, type WakeState } from './wake.ts';

/** A turn that runs longer is ended with an error, ms. */
const MAX_TURN_MS = 30 * 60_000;

export interface LifecycleDeps {
  db: AgentDb;
  env: Pick<AgentEnv, 'DB' | 'DEV_MODE' | 'IDLE_MS_OVERRIDE'>;
  door: Door;
  sandbox: Pick<SandboxDriver, 'wake' | 'apply' | 'demand'>;
  pump: Pick<TurnPump, 'pump' | 'watch'>;
  turns: Pick<TurnDriver, 'giveUp'>;
  snapshots: Pick<SnapshotDriver, 'used'>;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

/** AppError conflict when a restart would cut something off. */
function checkMayRestart(state: AgentState, open: number): void {
  if (isWaking(state)) {
    throw new AppError('conflict', 'The agent is waking.', {
      hint: 'Wait until it is ready, or force the restart.',
    });
  }
  if (open > 0 && state === 'ready') {
    throw new AppError('conflict', 'A turn is open.', {
      hint: 'Stop it, wait for it, or force the restart.',
    });
  }
}

/** What keeps an agent awake, lets it sleep, and goes on with what an eviction interrupted. */
export class Lifecycle {
  readonly #deps: LifecycleDeps;

  constructor(deps: LifecycleDeps) {
    this.#deps = deps;
  }

  status(): AgentStatus {
    const { db, sandbox } = this.#deps;
    return statusOf(sandbox.wake, readCell(db, 'wakeTimes') ?? []);
  }

  /** Somebody used the agent: its idle time begins anew. */
  touch(): void {
    const { db, now, snapshots } = this.#deps;
    noteActive(db, now());
    snapshots.used();
    setDue(db, 'idle', '', now() + this.#idleMs());
  }

  /** Somebody needs the agent awake. */
  wake(insist: boolean): void {
    const { sandbox, pump } = this.#deps;
    sandbox.demand(insist);
    pump.pump();
  }

  /** It falls asleep; with `force` even when its state can't be saved. */
  drain(force: boolean): void {
    const { sandbox, pump } = this.#deps;
    sandbox.apply({ type: 'drain', force, again: false });
    pump.pump();
  }

  /**
   * It wakes as another generation, and what runs is saved first; that it shall wake is stored with the
   * drain. AppError conflict, unless forced, while something is under way.
   */
  restart(force: boolean): void {
    const { db, sandbox, pump } = this.#deps;
    const { state } = sandbox.wake;
    if (state === 'asleep' || state === 'failed') {
      this.touch();
      return this.wake(true);
    }
    if (!force) checkMayRestart(state, openTurns(db).length);
    sandbox.apply({ type: 'drain', force, again: true });
    pump.pump();
  }

  /** A sandbox is gone, in this very commit: one that was to wake again starts. */
  sandboxGone({ again }: WakeState): void {
    const { door, sandbox } = this.#deps;
    if (!again || door.known?.status !== 'active') return;
    this.touch();
    sandbox.demand(true);
  }

  /** After a construction: what was interrupted goes on at once, not at the next watchdog. */
  goOn(): void {
    const { db, sandbox, pump } = this.#deps;
    const { state } = sandbox.wake;
    if (openTurns(db).length > 0 || isWaking(state) || state === 'draining') pump.pump();
  }

  turnEnded({ id, startedAt }: Turn): void {
    const { db, now } = this.#deps;
    // A snapshot that was asked for while it began does not hold what it did.
    if (startedAt !== null) noteDirty(db, now());
    this.touch();
    clearDue(db, 'turn', id);
    this.#deps.pump.pump();
  }

  /** The due step `wake`: a failed start is tried again, and one under way is looked after. */
  watchWake(): void {
    const { db, door, sandbox, pump, now } = this.#deps;
    const { state } = sandbox.wake;
    // After too many failures only somebody who needs the agent starts it again.
    const mayRetry = door.record().status === 'active' && !hasGivenUp(sandbox.wake);
    if (state === 'failed' && mayRetry) sandbox.demand(false);
    else if (isWaking(state) || state === 'draining') setDue(db, 'wake', '', now() + WATCHDOG_MS);
    pump.pump();
  }

  /** The due step `turn`: an open turn's sandbox is looked at, and one that takes too long is ended. */
  watchTurn(id: string): void {
    const { db, turns, pump, now, waitUntil } = this.#deps;
    const turn = getTurn(db, id);
    if (!turn || turn.endedAt !== null) return;
    setDue(db, 'turn', id, now() + WATCHDOG_MS);
    if (turn.startedAt !== null && now() - turn.startedAt > MAX_TURN_MS) {
      waitUntil(turns.giveUp(turn, 'The turn took too long and was ended.'));
      return;
    }
    pump.watch();
  }

  /** The due step `idle`. */
  checkIdle(): void {
    const { db, door, sandbox, now } = this.#deps;
    const decision = decideIdle({
      state: sandbox.wake.state,
      openTurns: openTurns(db).length,
      lastActiveAt: readCell(db, 'activity')?.lastActiveAt ?? now(),
      idleMs: this.#idleMs(),
      neededAt: door.record().status === 'active' ? nextScheduledAt(db) : null,
      leadMs: leadMsOf(db),
      now: now(),
    });
    if (decision === null) return;
    if ('lookAt' in decision) return setDue(db, 'idle', '', decision.lookAt);
    this.drain(false);
  }

  /** The due step `report`: what lists and cron read in D1, and what became of wakes. */
  async report(): Promise<void> {
    const { db, env, door, sandbox, now } = this.#deps;
    const { id: tenantId, version: appliedVersion } = door.record();
    const { state, since, generation } = sandbox.wake;
    const row = { tenantId, state, since, generation, appliedVersion };
    // The report itself is still due while it is under way.
    const at = nextDueAt(db, { except: 'report' });
    const results = unreported(db);
    await upsertAgentRow(openD1(env.DB), { ...row, nextDueAt: at, updatedAt: now() }, results);
    forgetReported(db, results);
  }

  #idleMs(): number {
    const { env, door } = this.#deps;
    const override = env.DEV_MODE === 'true' ? Number(env.IDLE_MS_OVERRIDE) : Number.NaN;
    return override > 0 ? override : TIER_CONFIG[door.record().tier].idleMs;
  }
}
