/** One device as the real one lists it, waiting or let in. */
interface Device {
  deviceId: string;
  displayName: string;
  platform: string;
  clientId: string;
  roles: string[];
  scopes: string[];
  remoteIp: string;
}

const device = (letter: string, displayName: string, scopes: string[]): Device => ({
  deviceId: letter.repeat(64),
  displayName,
  platform: 'ios',
  clientId: 'openclaw-ios',
  roles: ['operator'],
  scopes,
  remoteIp: '203.0.113.7',
});

/** Devices of apps. No app connects to the double: some are there from the beginning. */
export class Pairings {
  readonly #startedAt = Date.now();
  readonly #pending = new Map([
    ['request-1', device('a', 'Inês’ phone', ['operator.read', 'operator.write'])],
    ['request-2', device('b', 'Office desktop', ['operator.admin'])],
  ]);
  readonly #paired = new Map([['c'.repeat(64), device('c', 'Tablet', ['operator.read'])]]);

  list(): object {
    const at = this.#startedAt;
    return {
      pending: [...this.#pending].map(([requestId, one]) => ({ ...one, requestId, ts: at })),
      paired: [...this.#paired.values()].map((one) => ({
        ...one,
        connected: false,
        approvedAtMs: at,
        lastSeenAtMs: at,
      })),
    };
  }

  /** Lets one in; undefined when it does not wait. */
  approve(requestId: string): Device | undefined {
    const found = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    if (found) this.#paired.set(found.deviceId, found);
    return found;
  }

  reject(requestId: string): boolean {
    return this.#pending.delete(requestId);
  }

  remove(deviceId: string): boolean {
    return this.#paired.delete(deviceId);
  }
}
