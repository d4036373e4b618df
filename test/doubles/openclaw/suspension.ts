/** OpenClaw reopens by itself when the controller does not come back, ms. */
const LEASE_MS = 120_000;

/** The lease of `gateway.suspend`: held by one controller at a time, and only when nothing runs. */
export class Suspension {
  #held: { suspensionId: string; requestId: string; timer: NodeJS.Timeout } | null = null;
  readonly #changed: (isHeld: boolean) => void;

  constructor(changed: (isHeld: boolean) => void) {
    this.#changed = changed;
  }

  get isHeld(): boolean {
    return this.#held !== null;
  }

  prepare(requestId: string, activeRuns: number): Record<string, unknown> {
    if (this.#held && this.#held.requestId !== requestId)
      return { ...busy('suspended', activeRuns), blockers: [] };
    if (!this.#held && activeRuns > 0) return busy('active-work', activeRuns);
    if (this.#held) clearTimeout(this.#held.timer);
    const suspensionId = this.#held?.suspensionId ?? crypto.randomUUID();
    const timer = setTimeout(() => this.#release(), LEASE_MS);
    this.#held = { suspensionId, requestId, timer };
    this.#changed(true);
    const expiresAtMs = Date.now() + LEASE_MS;
    return { status: 'ready', suspensionId, expiresAtMs, activeCount: 0, blockers: [] };
  }

  resume(suspensionId: string): Record<string, unknown> {
    if (this.#held && this.#held.suspensionId !== suspensionId)
      throw new Error('another suspension is active');
    const resumed = this.#held !== null;
    this.#release();
    return { ok: true, status: 'running', resumed };
  }

  #release(): void {
    if (!this.#held) return;
    clearTimeout(this.#held.timer);
    this.#held = null;
    this.#changed(false);
  }
}

function busy(reason: string, activeCount: number): Record<string, unknown> {
  const message = `${activeCount} active`;
  const blockers = [{ kind: 'root-request', count: activeCount, message }];
  return { status: 'busy', reason, retryAfterMs: 1_000, activeCount, blockers };
}
