import { noteDirty } from './activity.ts';
import { setDue, WATCHDOG_MS } from './due.ts';
import { forgetSessions } from './forget.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';
import type { TurnDriver, TurnDriverDeps } from './turn-driver.ts';
import { headTurns, type Turn } from './turns.ts';
import { hasGivenUp } from './wake.ts';

export interface TurnPumpDeps {
  db: AgentDb;
  sandbox: Pick<SandboxDriver, 'wake' | 'drive' | 'probe' | 'demand' | 'touch'>;
  turns: Pick<TurnDriver, 'isAttached' | 'isLinked' | 'attach' | 'end'>;
  openGateway: TurnDriverDeps['openGateway'];
  now(): number;
  waitUntil(work: Promise<unknown>): void;
  /** Somebody used the agent. */
  used(): void;
  /** A round is over; due steps may have changed. */
  rested(): Promise<void>;
  log(entry: LogEntry): void;
}

/** Brings open turns and the sandbox together: wakes it for them, and hands them to the driver. */
export class TurnPump {
  readonly #deps: TurnPumpDeps;
  #pumping: Promise<void> | null = null;
  #again = false;

  constructor(deps: TurnPumpDeps) {
    this.#deps = deps;
  }

  /** Starts a round and leaves. One round at a time; a call meanwhile adds another. */
  pump(): void {
    this.#again = true;
    this.#pumping ??= this.#untilQuiet().finally(() => {
      this.#pumping = null;
    });
    this.#deps.waitUntil(this.#pumping);
  }

  async #untilQuiet(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#once();
      } catch (error) {
        this.#deps.log({ level: 'error', msg: 'pump failed', error: reasonOf(error) });
      }
      await this.#deps.rested();
    }
  }

  async #once(): Promise<void> {
    const { db, sandbox, turns } = this.#deps;
    await sandbox.drive();
    const waiting = headTurns(db).filter((turn) => !turns.isAttached(turn.id));
    if (waiting.length === 0) return this.#forget();
    // No link is open, or it was lost: the sandbox may have gone without a word.
    if (!turns.isLinked) await sandbox.probe();
    if (sandbox.wake.state !== 'ready') {
      sandbox.demand(false);
      await sandbox.drive();
    }
    if (sandbox.wake.state !== 'ready') return this.#tellHopeless(waiting);
    await this.#forget();
    for (const turn of waiting) this.#attach(turn);
  }

  /** Tells OpenClaw of sessions that were deleted; what it keeps of them must not be saved again. */
  async #forget(): Promise<void> {
    const { db, sandbox, openGateway, now, log } = this.#deps;
    if (sandbox.wake.state !== 'ready') return;
    try {
      if ((await forgetSessions({ db, openGateway })) > 0) noteDirty(db, now());
    } catch (error) {
      // Kept in mind, and told again at the next round: no turn waits for it.
      log({ level: 'warn', msg: 'OpenClaw was not told of a deletion', error: reasonOf(error) });
    }
  }

  #attach(turn: Turn): void {
    const { db, sandbox, turns, now, used } = this.#deps;
    noteDirty(db, now());
    setDue(db, 'turn', turn.id, now() + WATCHDOG_MS);
    const carried = turns.attach(turn).then(async () => {
      used();
      await sandbox.touch();
      this.pump();
    });
    this.#deps.waitUntil(carried);
  }

  /** An agent that has given up tells those who wait for it. */
  #tellHopeless(waiting: readonly Turn[]): void {
    const { sandbox, turns } = this.#deps;
    if (!hasGivenUp(sandbox.wake)) return;
    const why = sandbox.wake.failure?.message ?? 'for no known reason';
    for (const turn of waiting) {
      turns.end(turn, {
        type: 'error',
        code: 'agent_unavailable',
        message: `The agent could not start: ${why}`,
        retryable: true,
        text: '',
      });
    }
  }
}
