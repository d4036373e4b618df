import { WebSocket } from 'ws';
import { callMethod, Refusal, type Client, type Gateway } from './methods.ts';

const PROTOCOL = 4;
/** Close code of a connection that was refused (RFC 6455: policy violation). */
const REFUSED = 1008;

interface Frame {
  type?: string;
  id?: string;
  method?: string;
  params?: Record<string, unknown>;
}

/** One client's socket: the handshake, then requests and events as JSON text. */
export class Connection implements Client {
  readonly scopes = new Set<string>();
  readonly follows = new Set<string>();
  readonly #socket: WebSocket;
  readonly #gateway: Gateway;
  readonly #token: string;
  #isConnected = false;

  constructor(socket: WebSocket, options: { gateway: Gateway; token: string }) {
    this.#socket = socket;
    this.#gateway = options.gateway;
    this.#token = options.token;
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => void this.#receive(String(data)));
    this.event('connect.challenge', { nonce: crypto.randomUUID(), ts: Date.now() });
  }

  event(event: string, payload: object): void {
    this.#say({ type: 'event', event, payload });
  }

  close(): void {
    this.#socket.close(1012, 'service restart');
  }

  async #receive(data: string): Promise<void> {
    const frame = parse(data);
    if (frame?.type !== 'req' || !frame.id || !frame.method)
      return this.#socket.close(REFUSED, 'invalid request frame');
    const { id, method, params = {} } = frame;
    try {
      const payload = this.#isConnected
        ? await callMethod({ gateway: this.#gateway, client: this, method, params })
        : this.#connect(method, params);
      this.#say({ type: 'res', id, ok: true, payload });
    } catch (cause) {
      const refusal = cause instanceof Refusal ? cause : null;
      const { code = 'INTERNAL', retryable = false } = refusal ?? {};
      const { message } = cause as Error;
      this.#say({ type: 'res', id, ok: false, error: { code, message, retryable } });
      if (!this.#isConnected) this.#socket.close(REFUSED, message);
    }
  }

  #connect(method: string, params: Record<string, unknown>): object {
    if (method !== 'connect') throw new Refusal('INVALID_REQUEST', 'first request must be connect');
    const { minProtocol, maxProtocol, auth, scopes } = params;
    if (!(Number(minProtocol) <= PROTOCOL && PROTOCOL <= Number(maxProtocol)))
      throw new Refusal('INVALID_REQUEST', 'protocol mismatch');
    if ((auth as { token?: unknown } | undefined)?.token !== this.#token)
      throw new Refusal('INVALID_REQUEST', 'unauthorized: gateway token mismatch');
    for (const scope of Array.isArray(scopes) ? scopes : []) this.scopes.add(String(scope));
    this.#isConnected = true;
    return { type: 'hello-ok', protocol: PROTOCOL, policy: { maxPayload: 26_214_400 } };
  }

  #say(frame: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}

function parse(data: string): Frame | null {
  try {
    return JSON.parse(data) as Frame;
  } catch {
    return null;
  }
}
