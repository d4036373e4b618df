import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { freePort } from '../../support/free-port.ts';

const TOKEN = 'gateway-token';
const READY_POLL_MS = 20;
const ADMIN = ['operator.read', 'operator.write', 'operator.admin'];

interface Frame {
  type: string;
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: Record<string, unknown>;
  error?: { code: string; message: string };
}

/** Something that comes one by one, and may be awaited before it is there. */
class Arrivals<T> {
  readonly #items: T[] = [];
  #arrived = Promise.withResolvers<void>();

  add(item: T): void {
    this.#items.push(item);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }

  /** The first one, come or to come, that is wanted; it is taken out. */
  async take(wanted: (item: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const at = this.#items.findIndex(wanted);
      if (at !== -1) return this.#items.splice(at, 1)[0] as T;
      await this.#arrived.promise;
    }
  }
}

/** A model call of the double, answered by the test. */
export interface ModelRequest {
  body: { model: string; messages: { role: string; content: string }[] };
  headers: Record<string, unknown>;
  say(text: string): void;
  done(): void;
  refuse(status: number, message: string): void;
  cut(): void;
  /** Resolves when the double has left. */
  left: Promise<unknown>;
}

/** A client of the double's gateway. */
export class Client {
  readonly events = new Arrivals<Frame>();
  readonly closed: Promise<unknown>;
  readonly #socket: WebSocket;
  readonly #answers = new Arrivals<Frame>();
  #nextId = 1;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      (frame.type === 'res' ? this.#answers : this.events).add(frame);
    });
  }

  /** The answer's payload; a refusal comes back as `{ refused: code }`. */
  async call(
    method: string,
    params: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const id = String(this.#nextId++);
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    const answer = await this.#answers.take((frame) => frame.id === id);
    return answer.ok ? (answer.payload ?? {}) : { refused: answer.error?.code };
  }

  connect(token = TOKEN, scopes: readonly string[] = ADMIN): Promise<Record<string, unknown>> {
    return this.call('connect', { minProtocol: 4, maxProtocol: 4, scopes, auth: { token } });
  }

  /** The next chat event in a state, without the phases before. */
  async chat(state: string): Promise<Record<string, unknown>> {
    const frame = await this.events.take(
      ({ event, payload }) => event === 'chat' && payload?.state === state,
    );
    return frame.payload ?? {};
  }
}

/** The double as a process of its own, on a state folder that outlives it, and the model it asks. */
export class TestGateway {
  readonly models = new Arrivals<ModelRequest>();
  readonly #dir: string;
  readonly #server = createServer();
  #child: ChildProcess | null = null;
  #port = 0;

  private constructor(dir: string) {
    this.#dir = dir;
    this.#server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as ModelRequest['body'];
        this.models.add({ body, headers: request.headers, ...answers(response) });
      });
    });
  }

  static async start(): Promise<TestGateway> {
    const gateway = new TestGateway(await mkdtemp(join(tmpdir(), 'skm-double-')));
    await once(gateway.#server.listen(0, '127.0.0.1'), 'listening');
    await writeFile(join(gateway.#dir, 'openclaw.json'), '{}');
    await gateway.boot();
    return gateway;
  }

  get stateDir(): string {
    return this.#dir;
  }

  /** Starts it and waits for /readyz. */
  async boot(): Promise<void> {
    this.#port = await freePort();
    const { port } = this.#server.address() as AddressInfo;
    this.#child = spawn(process.execPath, [new URL('gateway.ts', import.meta.url).pathname], {
      stdio: 'ignore',
      env: {
        OPENCLAW_STATE_DIR: this.#dir,
        OPENCLAW_CONFIG_PATH: join(this.#dir, 'openclaw.json'),
        OPENCLAW_GATEWAY_PORT: String(this.#port),
        OPENCLAW_GATEWAY_TOKEN: TOKEN,
        PLATFORM_MODEL_BASE_URL: `http://127.0.0.1:${port}`,
        PLATFORM_MODEL_TOKEN: 'placeholder',
      },
    });
    for (;;) {
      const probe = await fetch(`http://127.0.0.1:${this.#port}/readyz`).catch(() => null);
      if (probe?.ok) return;
      if (this.#child.exitCode !== null) throw new Error('the double ended');
      await pause(READY_POLL_MS);
    }
  }

  /** A client that has passed the challenge, but not connected. */
  async dial(): Promise<Client> {
    const client = new Client(new WebSocket(`ws://127.0.0.1:${this.#port}/`));
    await client.events.take(({ event }) => event === 'connect.challenge');
    return client;
  }

  async client(): Promise<Client> {
    const client = await this.dial();
    await client.connect();
    return client;
  }

  /** Ends the process; answers its exit code, null after a kill. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await exit)[0];
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

function answers(response: ServerResponse): Omit<ModelRequest, 'body' | 'headers'> {
  const chunk = (data: string): void => void response.write(`data: ${data}\n\n`);
  return {
    left: once(response, 'close'),
    say: (content) => chunk(JSON.stringify({ choices: [{ delta: { content } }] })),
    done: () => {
      chunk('[DONE]');
      response.end();
    },
    refuse: (status, message) => {
      response.writeHead(status).end(JSON.stringify({ error: { message } }));
    },
    cut: () => void response.destroy(),
  };
}
