import type { SessionView } from '../../../../contract/frames.ts';

/** Time in which a deletion can be undone, ms: enough to read a line, see the mistake and press. */
export const UNDO_MS = 10_000;

export interface DeletionsDeps {
  /** Deletes for good. What it throws is shown, and the session is back. */
  remove(id: string): Promise<void>;
  /** Runs a task later; gives back what calls it off. */
  later(task: () => void, ms: number): () => void;
}

/**
 * The one deletion that can still be undone. Nothing is sent before its time is over, so that undoing
 * has nothing to bring back; the next deletion, or leaving the page, ends the time.
 */
export class Deletions {
  readonly #deps: DeletionsDeps;
  #stop: () => void = () => undefined;

  /** Hidden, and not deleted yet. */
  pending: SessionView | null = $state.raw(null);
  /** Sent for deletion and not gone yet. */
  #sent: ReadonlySet<string> = $state.raw(new Set<string>());
  /** Why the last one failed. */
  failure: string | null = $state(null);

  constructor(deps: DeletionsDeps) {
    this.#deps = deps;
  }

  isHidden(id: string): boolean {
    return this.pending?.id === id || this.#sent.has(id);
  }

  add(session: SessionView): void {
    this.finish();
    this.failure = null;
    this.pending = session;
    this.resume();
  }

  undo(): SessionView | null {
    this.#stop();
    const session = this.pending;
    this.pending = null;
    return session;
  }

  /** The time stands still while somebody is at the button. */
  hold(): void {
    this.#stop();
  }

  resume(): void {
    this.#stop();
    if (this.pending !== null) this.#stop = this.#deps.later(() => this.finish(), UNDO_MS);
  }

  /** Deletes at once what was only hidden. */
  finish(): void {
    const session = this.undo();
    if (session === null) return;
    this.#sent = new Set([...this.#sent, session.id]);
    void this.#deps
      .remove(session.id)
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : 'The reason is not known.';
        this.failure = `“${session.title}” was not deleted. ${why}`;
      })
      .finally(() => {
        this.#sent = new Set([...this.#sent].filter((id) => id !== session.id));
      });
  }
}
