/** How long it is shown what came of a copy, ms. */
const SHOWN_MS = 2_000;

/** Copies texts, and says for a moment what came of it. Made while a component is, whose end ends it. */
export class Copying {
  outcome: 'none' | 'copied' | 'refused' = $state('none');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    $effect(() => () => clearTimeout(this.#timer));
  }

  /** What a button that copies says. */
  get words(): string {
    if (this.outcome === 'copied') return 'Copied';
    return this.outcome === 'refused' ? 'Select and copy' : 'Copy';
  }

  async copy(text: string): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await navigator.clipboard.writeText(text);
      this.outcome = 'copied';
    } catch {
      this.outcome = 'refused';
    }
    this.#timer = setTimeout(() => (this.outcome = 'none'), SHOWN_MS);
  }
}
