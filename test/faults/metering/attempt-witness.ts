import type { AiGateway, RecordedRequest } from '../../../local/ai-gateway/index.ts';

/** One attempt as the stand-in saw it: all that a run of ten thousand has room to keep. */
export interface SeenAttempt {
  id: string;
  tenantId: string;
  model: string;
  tokensIn: number;
  tokensOut: number;
  outcome: RecordedRequest['outcome'];
}

type Moment = 'received' | 'answered' | 'broken';

/** Everything that went upstream, by what the stand-in itself has recorded. */
export class AttemptWitness {
  /** Attempts that reached a model, by their ids. */
  readonly seen = new Map<string, SeenAttempt>();
  /** Attempts that reached a model more than once. */
  readonly repeated: string[] = [];
  readonly #seqs = new Map<string, number>();
  readonly #waiting = new Map<Moment, (() => void)[]>();

  constructor(gateway: Pick<AiGateway, 'onRequest'>) {
    gateway.onRequest((request) => this.#note(request));
  }

  /** Attempts that the stand-in has not ended yet. */
  get open(): number {
    return [...this.seen.values()].filter(({ outcome }) => outcome === 'open').length;
  }

  /**
   * Calls back, at once and once, when the next attempt has come to a moment: the stand-in has its
   * request, has answered it whole, or has seen it end otherwise.
   */
  once(moment: Moment, callback: () => void): void {
    this.#waiting.set(moment, [...(this.#waiting.get(moment) ?? []), callback]);
  }

  #note(request: RecordedRequest): void {
    const { outcome, seq, metadata, model, usage } = request;
    if (outcome === 'refused') return;
    const id = String(metadata['call']);
    const before = this.#seqs.get(id);
    if (before !== undefined && before !== seq) this.repeated.push(id);
    this.#seqs.set(id, seq);
    this.seen.set(id, {
      id,
      tenantId: String(metadata['tenant']),
      model: model ?? '',
      tokensIn: usage?.tokensIn ?? 0,
      tokensOut: usage?.tokensOut ?? 0,
      outcome,
    });
    this.#tell(outcome === 'open' ? 'received' : outcome === 'complete' ? 'answered' : 'broken');
  }

  #tell(moment: Moment): void {
    const callbacks = this.#waiting.get(moment) ?? [];
    this.#waiting.delete(moment);
    for (const callback of callbacks) callback();
  }
}
