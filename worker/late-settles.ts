import { asAppError } from '../contract/errors.ts';
import type { SettleInput } from '../durable/index.ts';

/** The end of an attempt waits at most so long for an admit to go along with, ms. */
const SETTLE_WITHIN_MS = 10;
/** A request whose timer has not come by then, ms, was ended with it: the next one sets its own. */
const TIMER_LOST_AFTER_MS = 1_000;
/** Ends that go along with one admit. */
const MAX_ALONG = 100;

interface Queue {
  ends: SettleInput[];
  /** When a request promised to send what waits, or null while none has. */
  promisedAt: number | null;
}

/**
 * Ends of attempts that came whole, by agent. Each waits a moment for the next call of the same agent,
 * whose admit takes it along: one RPC and one commit less for each call of a busy program. Should the
 * isolate die in that moment, the intents are there, and the agent's sweep looks the attempts up.
 */
export class LateSettles {
  readonly #queues = new Map<string, Queue>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Puts an end in the queue; resolves once this request owes the agent nothing more. */
  async add(
    agent: string,
    end: SettleInput,
    send: (ends: readonly SettleInput[]) => Promise<unknown>,
  ): Promise<void> {
    const queue = this.#queues.get(agent) ?? { ends: [], promisedAt: null };
    this.#queues.set(agent, queue);
    queue.ends.push(end);
    const { promisedAt } = queue;
    if (promisedAt !== null && this.#now() - promisedAt < TIMER_LOST_AFTER_MS) return;
    queue.promisedAt = this.#now();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_WITHIN_MS));
    if (this.#queues.get(agent) === queue) this.#queues.delete(agent);
    const ends = queue.ends.splice(0);
    if (ends.length > 0) await send(ends);
  }

  /** Hands what waits for an agent to `ask`, and takes it back when the agent was not reached. */
  async along<T>(agent: string, ask: (ends: readonly SettleInput[]) => Promise<T>): Promise<T> {
    const queue = this.#queues.get(agent);
    const ends = queue?.ends.splice(0, MAX_ALONG) ?? [];
    try {
      return await ask(ends);
    } catch (error) {
      // Settling twice changes nothing. An agent that refuses the call has taken the ends before.
      if (asAppError(error) === null) queue?.ends.unshift(...ends);
      throw error;
    }
  }
}
