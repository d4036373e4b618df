import type { Page, WebSocketRoute } from 'playwright-core';
import {
  clientFrame,
  EVENTS_PER_FRAME,
  type ServerFrame,
  type SessionEvent,
  type SessionView,
} from '../../contract/frames.ts';

const SESSION: SessionView = {
  id: '01JD0000000000000000000001',
  title: 'A scripted session',
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 1,
  working: false,
};
const MONTH = Date.UTC(2026, 10);

/** Events in the order of their numbers: a question and its answer, two a turn. */
export function turnEvents(turns: readonly { question: string; answer: string }[]): SessionEvent[] {
  return turns.flatMap(({ question, answer }, n): SessionEvent[] => [
    {
      seq: 2 * n + 1,
      turnId: `t${n}`,
      at: 1,
      data: { type: 'user', text: question, clientId: `client-${n}`, by: 'Ann' },
    },
    { seq: 2 * n + 2, turnId: `t${n}`, at: 1, data: { type: 'final', text: answer, ms: 1_000 } },
  ]);
}

/**
 * The agent's end of a page's line, which says what a test wants: long histories and hostile answers
 * that no real agent gives on request. It speaks the protocol of contract/frames.ts.
 */
export class ScriptedAgent {
  readonly #events: SessionEvent[];
  #line: WebSocketRoute | null = null;
  /** Pages of earlier turns that were asked for. */
  pages = 0;

  constructor(events: SessionEvent[]) {
    this.#events = events;
  }

  readonly path = `/chat/${SESSION.id}`;

  /** Takes the page's next lines. */
  async attach(page: Page): Promise<void> {
    await page.routeWebSocket(/\/api\/socket$/, (line) => {
      this.#line = line;
      line.onMessage((message) => this.#hear(String(message)));
      this.#greet();
    });
  }

  say(frame: ServerFrame): void {
    this.#line?.send(JSON.stringify(frame));
  }

  /** Adds to the log, and tells it. */
  add(...data: SessionEvent['data'][]): void {
    const { seq = 0, turnId = 't' } = this.#events.at(-1) ?? {};
    const added = data.map((one, n) => ({
      seq: seq + n + 1,
      turnId: `${turnId}+`,
      at: 1,
      data: one,
    }));
    this.#events.push(...added);
    this.say({ type: 'events', sessionId: SESSION.id, events: added });
  }

  #greet(): void {
    this.say({
      type: 'hello',
      protocol: 1,
      member: { id: 'm1', name: 'Ann', role: 'owner' },
      tenant: { slug: 'scripted', tier: 'premium', maxMessageChars: 32_000 },
      agent: {
        state: 'ready',
        since: 1,
        generation: 1,
        wakeStartedAt: null,
        expectedWakeMs: 1,
        timings: [],
        failure: null,
      },
      budget: { month: MONTH, usedNano: 0, limitNano: 1, percent: 0, renewsAt: MONTH },
      sessions: [SESSION],
    });
  }

  #hear(message: string): void {
    const frame = clientFrame.safeParse(JSON.parse(message)).data;
    if (frame?.type === 'subscribe') {
      const all = this.#events.filter(({ seq }) => seq > frame.after);
      const events = frame.after > 0 ? all : all.slice(-2 * (frame.turns ?? all.length));
      const cut = events.length < all.length ? events[0]?.seq : undefined;
      this.say({ type: 'events', sessionId: SESSION.id, events, caughtUp: true, cut });
    }
    if (frame?.type === 'earlier') {
      this.pages += 1;
      const { before } = frame;
      const all = this.#events.filter(({ seq }) => seq < before);
      const events = all.slice(-2 * frame.turns);
      const cut = events.length < all.length ? (events[0]?.seq ?? null) : null;
      const part = { type: 'earlier', sessionId: SESSION.id, before, cut } as const;
      for (let from = 0; from < events.length; from += EVENTS_PER_FRAME) {
        this.say({ ...part, events: events.slice(from, from + EVENTS_PER_FRAME), done: false });
      }
      this.say({ ...part, events: [], done: true });
    }
  }
}
