import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { dial } from './loopback.ts';

/** An answer of OpenClaw that does not come within this time never will, ms. */
const FRAME_TIMEOUT_MS = 30_000;
/** A wake on a busy machine takes half a minute; an app comes back until it is let in, ms. */
const WAKE_TIMEOUT_MS = 400_000;
const RECONNECT_MS = 500;

const challenge = z.object({
  event: z.literal('connect.challenge'),
  payload: z.object({ nonce: z.string(), ts: z.number() }),
});
const answerFrame = z.object({
  type: z.literal('res'),
  id: z.string(),
  ok: z.boolean(),
  payload: z.record(z.string(), z.unknown()).optional(),
  error: z
    .looseObject({ message: z.string(), details: z.record(z.string(), z.unknown()).optional() })
    .nullish(),
});
type Answer = z.infer<typeof answerFrame>;

/** The upgrade was answered with plain HTTP. */
export class UpgradeRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the upgrade was answered with ${status}`);
    this.status = status;
  }
}

/** A device as OpenClaw's own apps are one: an Ed25519 key pair that it keeps, and a name. */
export class Device {
  readonly id: string;
  readonly #publicKey: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    this.id = createHash('sha256').update(raw).digest('hex');
    this.#publicKey = raw.toString('base64url');
    this.#privateKey = privateKey;
  }

  /** Proves in a `connect` who it is (OpenClaw, gateway/protocol/auth.md, signature payload v3). */
  connectParams(options: { nonce: string; ts: number; scopes: string[]; token?: string }) {
    const { nonce, ts, scopes, token } = options;
    const client = { id: 'openclaw-ios', version: '1.0.0', platform: 'ios', mode: 'ui' };
    const { id, mode, platform } = client;
    const signed = [
      'v3',
      this.id,
      id,
      mode,
      'operator',
      scopes,
      ts,
      token ?? '',
      nonce,
      platform,
      '',
    ];
    return {
      minProtocol: 4,
      maxProtocol: 4,
      client: { ...client, displayName: 'Ada’s phone' },
      role: 'operator',
      scopes,
      caps: [],
      ...(token === undefined ? {} : { auth: { token } }),
      device: {
        id: this.id,
        publicKey: this.#publicKey,
        signature: sign(null, Buffer.from(signed.join('|')), this.#privateKey).toString(
          'base64url',
        ),
        signedAt: ts,
        nonce,
      },
    };
  }
}

/** An app of OpenClaw that is connected, as far as OpenClaw has let it. */
export class OpenClawApp {
  readonly #socket: WebSocket;
  readonly #frames: unknown[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#frames.push(JSON.parse(String(data))));
    this.closed = new Promise((resolve) => void socket.once('close', resolve));
  }

  /** Opens a socket. UpgradeRefused when it is answered with HTTP. */
  static async open(address: string, headers: Record<string, string>): Promise<OpenClawApp> {
    const url = new URL(address);
    const { hostname, host } = dial(url);
    url.hostname = hostname;
    const socket = new WebSocket(url, { headers: { host, ...headers } });
    const app = new OpenClawApp(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        reject(new UpgradeRefused(response.statusCode ?? 0));
        socket.terminate();
      });
    });
    return app;
  }

  /** The same, coming back while the agent is not there yet, as the apps do. */
  static async insist(address: string, headers: Record<string, string>): Promise<OpenClawApp> {
    const deadline = Date.now() + WAKE_TIMEOUT_MS;
    for (;;) {
      try {
        return await OpenClawApp.open(address, headers);
      } catch (error) {
        const isComing = error instanceof UpgradeRefused && error.status === 503;
        if (!isComing || Date.now() > deadline) throw error;
      }
      await sleep(RECONNECT_MS);
    }
  }

  /** Says who it is; OpenClaw's answer, `hello-ok` or an error. */
  async connect(device: Device, options: { scopes: string[]; token?: string }): Promise<Answer> {
    const { payload } = await this.#next(challenge, () => true);
    return this.call('connect', device.connectParams({ ...payload, ...options }));
  }

  call(method: string, params: object): Promise<Answer> {
    const id = crypto.randomUUID();
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    return this.#next(answerFrame, (frame) => frame.id === id);
  }

  close(): void {
    this.#socket.close();
  }

  async #next<T>(shape: z.ZodType<T>, isWanted: (frame: T) => boolean): Promise<T> {
    const signal = AbortSignal.timeout(FRAME_TIMEOUT_MS);
    for (;;) {
      for (const frame of this.#frames) {
        const parsed = shape.safeParse(frame);
        if (parsed.success && isWanted(parsed.data)) return parsed.data;
      }
      await once(this.#socket, 'message', { signal });
    }
  }
}
