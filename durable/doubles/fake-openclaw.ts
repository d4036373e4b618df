import { z } from 'zod';

const request = z.object({
  type: z.literal('req'),
  id: z.string(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()),
});
type Answer = (params: Record<string, unknown>) => unknown;

/**
 * An OpenClaw gateway at the other end of a socket, in the shapes of its protocol 4. It says nothing
 * by itself: a test tells it which events to send and what its history holds.
 */
export class FakeOpenClaw {
  /** Requests in the order they came, as `method`. */
  readonly asked: { method: string; params: Record<string, unknown> }[] = [];
  history: { messages: object[]; inFlightRun?: object } = { messages: [] };
  /** Other answers to a method; one that throws refuses the request. */
  readonly answers: Partial<Record<string, Answer>> = {};
  #socket: WebSocket | null = null;
  #arrived: () => void = () => undefined;

  /** A connection to it; the one before is closed. */
  connect(): WebSocket {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    this.#socket = server;
    server.addEventListener('message', ({ data }) => this.#receive(String(data)));
    client.accept();
    this.event('connect.challenge', { nonce: 'n' });
    return client;
  }

  event(event: string, payload: object): void {
    this.#socket?.send(JSON.stringify({ type: 'event', event, payload }));
  }

  chat(sessionKey: string, runId: string, news: object): void {
    this.event('chat', { runId, sessionKey, seq: 1, ...news });
  }

  final(sessionKey: string, runId: string, text: string): void {
    const message = { role: 'assistant', content: [{ type: 'text', text }] };
    this.chat(sessionKey, runId, { state: 'final', stopReason: 'stop', message });
  }

  drop(): void {
    this.#socket?.close(1011, 'gateway gone');
  }

  /** Waits until a method was asked for the n-th time, and answers with what. */
  async until(method: string, times = 1): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.asked.filter((entry) => entry.method === method)[times - 1];
      if (found) return found.params;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  methods(): string[] {
    return this.asked.map(({ method }) => method);
  }

  #receive(data: string): void {
    const { id, method, params } = request.parse(JSON.parse(data));
    this.asked.push({ method, params });
    try {
      const payload = this.answers[method]?.(params) ?? this.#answer(method, params);
      this.#socket?.send(JSON.stringify({ type: 'res', id, ok: true, payload }));
    } catch (error) {
      const { code = 'INVALID_REQUEST', message } = error as { code?: string; message: string };
      const refused = { code, message };
      this.#socket?.send(JSON.stringify({ type: 'res', id, ok: false, error: refused }));
    }
    this.#arrived();
  }

  #answer(method: string, params: Record<string, unknown>): unknown {
    switch (method) {
      case 'connect':
        return { type: 'hello-ok', protocol: 4 };
      case 'sessions.patch':
        return { entry: { sessionId: `openclaw-${String(params['key'])}` } };
      case 'chat.send':
        return { runId: params['idempotencyKey'], status: 'started' };
      case 'chat.history':
        return this.history;
      default:
        return {};
    }
  }
}
