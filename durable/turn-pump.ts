import { noteDirty } from './activity.ts';
import { setDue, WATCHDOG_MS } from './due.ts';
import { forgetSessions, MAX_FORGOTTEN_AT_ONCE } from './forget.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';
import type { TurnDriver, TurnDriverDeps } from './turn-driver.ts';
import { getTurn, headTurns, type Turn } from './turns.ts';
import { hasGivenUp } from './wake.ts';

/** First pause before a lost link is made again, ms; the very first loss has none, and it doubles. */
const RELINK_PAUSE_MS = 100;
/** Longest pause before a lost link is made again, ms. */
const MAX_RELINK_PAUSE_MS = 10_000;

export interface TurnPumpDeps {
  db: AgentDb;
  sandbox: Pick<SandboxDriver, 'wake' | 'drive' | 'probe' | 'demand' | 'touch'>;
  turns: Pick<TurnDriver, 'isAttached' | 'isLinked' | 'attach' | 'detach' | 'end'>;
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
  #isDoubted = false;
  #lostInARow = 0;

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

  /** The same, and has a sandbox looked at that carries open turns: it may hang, or be gone. */
  watch(): void {
    this.#isDoubted = true;
    this.pump();
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
    const heads = headTurns(db);
    const isDoubted = this.#isDoubted;
    this.#isDoubted = false;
    // No link is open, or it was lost: the sandbox may have gone without a word.
    if (heads.length > 0 && (isDoubted || !turns.isLinked)) await this.#look();
    const waiting = heads.filter((turn) => !turns.isAttached(turn.id));
    if (waiting.length === 0) return this.#forget();
    if (sandbox.wake.state !== 'ready') {
      sandbox.demand(false);
      await sandbox.drive();
    }
    if (sandbox.wake.state !== 'ready') return this.#tellHopeless(waiting);
    await this.#forget();
    for (const turn of waiting) this.#attach(turn);
  }

  /** Looks whether the sandbox is well. The turns of one that is not wait for its successor. */
  async #look(): Promise<void> {
    const { sandbox, turns } = this.#deps;
    const { state } = await sandbox.probe();
    if (state === 'ready') return;
    if (turns.isLinked) await turns.detach();
    await sandbox.drive();
  }

  /** Tells OpenClaw of sessions that were deleted; what it keeps of them must not be saved again. */
  async #forget(): Promise<void> {
    const { db, sandbox, openGateway, now, log } = this.#deps;
    const { state, generation, restore } = sandbox.wake;
    if (state !== 'ready') return;
    try {
      const life = { generation, restored: restore?.id ?? null };
      const told = await forgetSessions({ db, openGateway, now, ...life });
      if (told > 0) noteDirty(db, now());
      if (told === MAX_FORGOTTEN_AT_ONCE) this.pump();
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
      await this.#pauseAfter(turn);
      this.pump();
    });
    this.#deps.waitUntil(carried);
  }

  /** A turn that came back open lost its link. Where that goes on, the next try waits longer. */
  async #pauseAfter({ id }: Turn): Promise<void> {
    const isOpen = getTurn(this.#deps.db, id)?.endedAt === null;
    this.#lostInARow = isOpen ? this.#lostInARow + 1 : 0;
    if (this.#lostInARow < 2) return;
    const pauseMs = Math.min(RELINK_PAUSE_MS * 2 ** this.#lostInARow, MAX_RELINK_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
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
