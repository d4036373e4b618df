import { callModel, ModelError } from './model-call.ts';
import type { OpenRun, Row, Transcript } from './transcript.ts';

/** A killed turn is taken up this long after boot; the real one takes some seconds, ms. */
const RESUME_AFTER_MS = 300;
/** Finished idempotency keys that are remembered; the oldest go first. */
const MAX_REMEMBERED_KEYS = 1_000;

const SYSTEM_PROMPT = 'You are a personal agent. Answer the newest message of the user.';
const RESUME_TEXT =
  '[System] Your previous turn was interrupted by a gateway restart. Continue from where it stopped.';
const CONTEXT_BLOCK = [
  '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>',
  'Workspace: empty.',
  '<<<END_OPENCLAW_INTERNAL_CONTEXT>>>',
].join('\n');

type Status = 'in_flight' | 'ok' | 'timeout' | 'error';

interface Run extends OpenRun {
  text: string;
  /** Messages that came while it was on. */
  steered: number;
  seq: number;
  abort: AbortController;
  ended: Promise<void>;
}

export interface RunsDeps {
  transcript: Transcript;
  model: { baseUrl: string; apiKey: string };
  /** An event to those who follow a session. */
  emit(key: string, event: string, payload: object): void;
}

/** The turns under way, one a session, and what became of those before. */
export class Runs {
  readonly #deps: RunsDeps;
  readonly #active = new Map<string, Run>();
  readonly #finished = new Map<string, Status>();
  #isResumeHeld = false;

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#active.size;
  }

  /** Takes up what died with the process before: under a new run id, with a message of its own. */
  resumeSoon(): void {
    setTimeout(() => {
      if (!this.#isResumeHeld) this.#resume();
    }, RESUME_AFTER_MS);
  }

  /** While suspended, recovery waits too. */
  hold(isHeld: boolean): void {
    this.#isResumeHeld = isHeld;
    if (!isHeld) this.#resume();
  }

  /** `chat.send`. The same key again starts nothing. */
  send(key: string, message: string, runId: string): { runId: string; status: string } {
    const known = this.#statusOf(runId);
    if (known) return { runId, status: known };
    const row: Row = { role: 'user', text: message, idempotencyKey: `${runId}:user`, runId };
    const active = this.#active.get(key);
    if (active) {
      // Steered into the run that is on; its own run ends empty.
      this.#deps.transcript.append(key, row);
      active.steered++;
      this.#remember(runId, 'ok');
      queueMicrotask(() => this.#chat({ key, runId, seq: 0 }, { state: 'final' }));
      return { runId, status: 'started' };
    }
    this.#start({ key, runId }, row);
    return { runId, status: 'started' };
  }

  /** `chat.abort`. @returns the run that was aborted, or null. */
  async abort(key: string): Promise<string | null> {
    const run = this.#active.get(key);
    if (!run) return null;
    run.abort.abort();
    await run.ended;
    return run.runId;
  }

  inFlight(key: string): { runId: string; text: string } | null {
    const run = this.#active.get(key);
    return run ? { runId: run.runId, text: run.text } : null;
  }

  /** Resolves when no run is on. */
  async settled(): Promise<void> {
    await Promise.all([...this.#active.values()].map((run) => run.ended));
  }

  #statusOf(runId: string): Status | null {
    const isOn = [...this.#active.values()].some((run) => run.runId === runId);
    return isOn ? 'in_flight' : (this.#finished.get(runId) ?? null);
  }

  #resume(): void {
    const died = this.#deps.transcript.openRuns().filter(({ key }) => !this.#active.has(key));
    for (const { key } of died) {
      const runId = crypto.randomUUID();
      this.#start({ key, runId }, { role: 'user', text: RESUME_TEXT, runId });
    }
  }

  #start({ key, runId }: OpenRun, row: Row): void {
    const { transcript } = this.#deps;
    transcript.begin({ key, runId }, row);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const run: Run = {
      key,
      runId,
      text: '',
      steered: 0,
      seq: 0,
      abort: new AbortController(),
      ended,
    };
    this.#active.set(key, run);
    void this.#live(run).finally(() => {
      this.#active.delete(key);
      resolve();
    });
  }

  async #live(run: Run): Promise<void> {
    for (const phase of ['preparing_workspace', 'preparing_context', 'starting_model'])
      this.#chat(run, { state: 'status', phase });
    try {
      let answered: number;
      do {
        answered = run.steered;
        await this.#ask(run);
      } while (answered < run.steered);
      this.#end(run, { stopReason: 'stop' }, 'ok');
      this.#chat(run, { state: 'final', stopReason: 'stop', message: messageOf(run.text) });
    } catch (error) {
      if (run.abort.signal.aborted) this.#aborted(run);
      else this.#failed(run, error);
    }
  }

  #aborted(run: Run): void {
    this.#end(run, { stopReason: 'aborted' }, 'timeout');
    const message = messageOf(run.text);
    this.#chat(run, { state: 'aborted', stopReason: 'rpc', message });
  }

  #failed(run: Run, error: unknown): void {
    const errorMessage = error instanceof ModelError ? error.message : String(error);
    this.#end(run, { stopReason: 'error', errorMessage }, 'error');
    // As the real one: the same end is told twice.
    for (const _ of [1, 2]) this.#chat(run, { state: 'error', errorMessage });
  }

  async #ask(run: Run): Promise<void> {
    const { transcript, model } = this.#deps;
    const session = transcript.session(run.key);
    const spoken = transcript.spoken(run.key);
    const before = run.text;
    await callModel({
      ...model,
      model: session?.model?.split('/').at(-1) ?? 'chat',
      sessionId: session?.sessionId ?? run.key,
      messages: [
        { role: 'system', content: SYSTEM_PROMPT },
        ...spoken.map(({ role, text }) => ({ role, content: text })),
        { role: 'user', content: CONTEXT_BLOCK },
      ],
      signal: run.abort.signal,
      onText: (text, isNew) => {
        const isReplaced = isNew && run.text !== before;
        run.text = (isNew ? before : run.text) + text;
        const deltaText = isReplaced ? run.text : text;
        const replace = isReplaced ? { replace: true } : {};
        this.#chat(run, { state: 'delta', deltaText, ...replace, message: messageOf(run.text) });
      },
    });
  }

  #end(run: Run, how: Pick<Row, 'stopReason' | 'errorMessage'>, status: Status): void {
    this.#deps.transcript.end(run, {
      role: 'assistant',
      text: run.text,
      runId: run.runId,
      ...how,
    });
    this.#remember(run.runId, status);
  }

  #remember(runId: string, status: Status): void {
    this.#finished.set(runId, status);
    const oldest = this.#finished.keys().next().value;
    if (this.#finished.size > MAX_REMEMBERED_KEYS && oldest !== undefined)
      this.#finished.delete(oldest);
  }

  #chat(run: { key: string; runId: string; seq: number }, news: object): void {
    const { key: sessionKey, runId } = run;
    this.#deps.emit(sessionKey, 'chat', { runId, sessionKey, seq: ++run.seq, ...news });
  }
}

function messageOf(text: string): object {
  return { role: 'assistant', content: [{ type: 'text', text }] };
}
