import { createContext } from 'svelte';
import type { AgentInspection } from '../../../../../contract/api.ts';
import { liveFrame, MIN_INSPECTION_PAUSE_MS } from '../../../../../contract/live.ts';
import type { TimelineEntry, TimelinePage } from '../../../../../contract/timeline.ts';
import { ApiError } from '../../api/http.ts';
import type { Closed, KeptSocket, LineEvents } from '../../api/kept-socket.ts';
import { failureWords } from '../../ui/attempt.svelte.ts';
import type { AgentApi } from './agent-api.ts';
import { CLOSE_RENEW, endWords, OUTDATED_WORDS, type LiveMode } from './live-words.ts';
import { mergeEntries } from './timeline-log.ts';

/** Entries asked for at once, the most that an answer has. */
const PAGE = 200;
/** Pages asked for in a row to fill a gap: an agent keeps no more entries than that. */
const MAX_FILL_PAGES = 6;
/** What happened is followed by an inspection, but not in each second: then it is asked for, ms. */
const INSPECT_AFTER_MS = MIN_INSPECTION_PAUSE_MS + 200;
/** Answers that another try does not change. */
const LASTING = new Set([401, 403, 404, 410]);

export interface LiveDeps {
  api: Pick<AgentApi, 'inspect' | 'timeline'>;
  connect(events: LineEvents): Pick<KeptSocket, 'close' | 'reconnect'>;
  now(): number;
  /** Does something later; what it answers calls that off. */
  later(task: () => void, ms: number): () => void;
}

/** An agent as it goes on: what it is and what has happened, over a socket that only listens. */
export class LiveAgent {
  readonly #deps: LiveDeps;
  #line = $state<'connecting' | 'open' | 'lost' | 'ended'>('connecting');
  #why = $state<string | null>(null);
  #newest: AgentInspection;
  #heardAt = $state(0);
  #entries = $state.raw<readonly TimelineEntry[]>([]);
  #hasOlder = $state(true);
  #paused = $state.raw<{ inspection: AgentInspection; at: number; heardAt: number } | null>(null);
  /** The newest entry that is shown; null shows what comes. */
  #shownUntil = $state<number | null>(null);

  #socket: Pick<KeptSocket, 'close' | 'reconnect'> | null = null;
  /** Up to here nothing is missing; null before anything was heard. */
  #known: number | null = null;
  /** The newest entry that is heard of. */
  #told = 0;
  #isFilling = false;
  #inspections = 0;
  #cancelInspect: (() => void) | null = null;

  constructor(deps: LiveDeps, first: AgentInspection) {
    this.#deps = deps;
    this.#newest = $state.raw(first);
    this.#heardAt = deps.now();
  }

  /** As last told, or as it was when the page was paused. */
  get inspection(): AgentInspection {
    return this.#paused?.inspection ?? this.#newest;
  }

  /** When that came, by this device's clock, UTC ms. */
  get heardAt(): number {
    return this.#paused?.heardAt ?? this.#heardAt;
  }

  /** When the page was paused, by this device's clock; null while it is not. */
  get pausedAt(): number | null {
    return this.#paused?.at ?? null;
  }

  /** What happened, as far as it is known here, oldest first. */
  get entries(): readonly TimelineEntry[] {
    const until = this.#shownUntil;
    return until === null ? this.#entries : this.#entries.filter(({ seq }) => seq <= until);
  }

  /** Entries that came and are not shown yet. */
  get held(): readonly TimelineEntry[] {
    const until = this.#shownUntil;
    return until === null ? [] : this.#entries.filter(({ seq }) => seq > until);
  }

  get newCount(): number {
    return this.held.length;
  }

  /** Whether there may be entries before the first one here. */
  get hasOlder(): boolean {
    return this.#hasOlder && this.#entries[0]?.seq !== 1;
  }

  get mode(): LiveMode {
    if (this.#paused !== null) return 'paused';
    return this.#line === 'open' ? 'live' : this.#line === 'connecting' ? 'connecting' : 'lost';
  }

  /** Whether news comes, shown or not. */
  get isConnected(): boolean {
    return this.#line === 'open';
  }

  /** Why it is lost for good, in words; null while it is not, or is tried again. */
  get why(): string | null {
    return this.#why;
  }

  /** Opens the line; what it answers closes it. */
  start(): () => void {
    this.#socket = this.#deps.connect({
      onText: (text) => this.#hear(text),
      onDown: (closed) => this.#down(closed),
    });
    return () => {
      this.#cancelInspect?.();
      this.#hangUp();
    };
  }

  /** Freezes what is shown; what comes meanwhile is counted. */
  pause(): void {
    this.#paused = { inspection: this.#newest, at: this.#deps.now(), heardAt: this.#heardAt };
    this.hold();
  }

  /** Shows what is, from now on. */
  resume(): void {
    this.#paused = null;
    this.release();
  }

  /** Keeps new entries back while somebody reads older ones. */
  hold(): void {
    this.#shownUntil ??= this.#entries.at(-1)?.seq ?? 0;
  }

  /** Shows the entries that came, unless the page is paused. */
  release(): void {
    if (this.#paused === null) this.#shownUntil = null;
  }

  /** Takes entries that were loaded with the page. */
  seed(page: TimelinePage): void {
    const oldest = page.entries[0]?.seq ?? 0;
    if (oldest <= (this.#entries[0]?.seq ?? Infinity)) this.#hasOlder = page.more;
    this.#entries = mergeEntries(this.#entries, page.entries);
    this.#known = Math.max(this.#known ?? 0, page.lastSeq);
  }

  /** Asks for the entries before the oldest one here. Throws ApiError. */
  async loadOlder(): Promise<void> {
    const before = this.#entries[0]?.seq;
    const page = await this.#deps.api.timeline({ before, limit: PAGE });
    this.#hasOlder = page.more;
    this.#entries = mergeEntries(this.#entries, page.entries);
  }

  /** Asks for what the agent is now: not everything that changes is told. Throws ApiError. */
  async refresh(): Promise<void> {
    const before = this.#inspections;
    const inspection = await this.#deps.api.inspect();
    // What the line has told meanwhile is newer.
    if (this.#inspections === before) this.#show(inspection);
  }

  #show(inspection: AgentInspection): void {
    this.#inspections += 1;
    this.#newest = inspection;
    this.#heardAt = this.#deps.now();
  }

  #hear(text: string): void {
    const frame = parseFrame(text);
    if (frame === null) return this.#end(OUTDATED_WORDS);
    this.#line = 'open';
    if (frame.t === 'live') {
      this.#cancelInspect?.();
      this.#show(frame.inspection);
      this.#learn(frame.seq, []);
    } else {
      this.#learn(frame.entries.at(-1)?.seq ?? 0, frame.entries);
      this.#inspectSoon();
    }
  }

  /** Entries came, or the news that there are some up to a number. */
  #learn(told: number, entries: readonly TimelineEntry[]): void {
    this.#told = Math.max(this.#told, told);
    this.#entries = mergeEntries(this.#entries, entries);
    // What was before nobody here has asked for yet.
    this.#known ??= (entries[0]?.seq ?? told + 1) - 1;
    const first = entries[0]?.seq ?? Infinity;
    if (first <= this.#known + 1) this.#known = Math.max(this.#known, told);
    if (this.#known < this.#told) void this.#fill();
  }

  /** Asks for the entries that are missing; should that fail, the next news asks again. */
  async #fill(): Promise<void> {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      for (let pages = 0; pages < MAX_FILL_PAGES; pages += 1) {
        const after = this.#known ?? 0;
        if (after >= this.#told) return;
        const page = await this.#deps.api.timeline({ after, limit: PAGE });
        this.#entries = mergeEntries(this.#entries, page.entries);
        const last = page.more ? page.entries.at(-1)?.seq : page.lastSeq;
        this.#known = Math.max(after, last ?? after);
        if (this.#known === after) return;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#isFilling = false;
    }
  }

  #inspectSoon(): void {
    this.#cancelInspect?.();
    this.#cancelInspect = this.#deps.later(() => void this.#ask(), INSPECT_AFTER_MS);
  }

  #down(closed: Closed): void {
    if (this.#line === 'ended') return;
    const words = endWords(closed);
    if (words !== null) return this.#end(words);
    this.#line = closed.code === CLOSE_RENEW ? 'connecting' : 'lost';
    if (this.#line === 'lost') void this.#ask();
  }

  /** A refused handshake does not say why: a request does, and brings what there is to see. */
  async #ask(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      if (error instanceof ApiError && LASTING.has(error.status)) this.#end(failureWords(error));
    }
  }

  #end(words: string): void {
    this.#line = 'ended';
    this.#why = words;
    this.#hangUp();
  }

  #hangUp(): void {
    this.#socket?.close();
    this.#socket = null;
  }
}

function parseFrame(text: string) {
  try {
    return liveFrame.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The agent whose page this is, for every part of it. */
export const [useLiveAgent, setLiveAgent] = createContext<LiveAgent>();
