import { z } from 'zod';
import {
  SUPERVISOR_PORT,
  SUPERVISOR_PROTOCOL,
  supervisorLogLine,
  supervisorProcesses,
  supervisorSnapshot,
  supervisorStatus,
  type supervisorProcess,
  type SupervisorSnapshot,
  type SupervisorStatus,
} from '../contract/supervisor.ts';
import { boundedBody } from './bounded-body.ts';
import type { SandboxContainer } from './container.ts';
import { withDeadline } from './deadline.ts';

/** A check lets OpenClaw have 5 s to answer; a supervisor that takes longer hangs, ms. */
const CHECK_TIMEOUT_MS = 12_000;
/** A status request is held by the supervisor for 20 s at most; beyond this it hangs, ms. */
const STATUS_TIMEOUT_MS = 25_000;
/** A clean stop of OpenClaw takes 3 s, the bound in the supervisor is 10 s, ms. */
const STOP_TIMEOUT_MS = 30_000;
/** OpenClaw takes a socket within 0.1 s; the supervisor answers at once when it can't, ms. */
const GATEWAY_TIMEOUT_MS = 15_000;
/** Packing and storing 1 GiB, ms. */
const SNAPSHOT_TIMEOUT_MS = 10 * 60_000;

/** The log's lines, 200 of the longest with all their characters escaped, and a list of processes. */
const MAX_LOOK_BYTES = 5 * 1_024 * 1_024;
/** Characters of one line: those of a supervisor that keeps to its bound, and its mark of a cut. */
export const LOG_LINE_CHARS = 4_001;
/** A status has a few hundred bytes. The container is the tenant's, and may say anything. */
const MAX_ANSWER_BYTES = 64 * 1_024;

/** Codes go on to operators: whatever a container says that is none is not repeated. */
const code = z
  .string()
  .regex(/^[a-z_]{1,64}$/)
  .catch('supervisor_error');
const failure = z.object({ error: z.object({ code, message: z.string() }) });

/** The supervisor refused, with its own code. */
export class SupervisorError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'SupervisorError';
    this.code = code;
  }
}

export interface SupervisorClient {
  /** Answers at once, or, given the `rev` known already, when something changed (20 s at most). */
  status(since?: number): Promise<SupervisorStatus>;
  /** The same at once, with whether OpenClaw itself answers. */
  check(): Promise<SupervisorStatus>;
  /** Stops OpenClaw; the supervisor stays. */
  stop(): Promise<void>;
  snapshot(options: { id: string; ticket: string; maxBytes: number }): Promise<SupervisorSnapshot>;
  /** So many lines of the log, oldest first: those right after one, or else the newest. */
  logs(options: { lines: number; after?: number }): Promise<z.infer<typeof supervisorLogLine>[]>;
  /** The supervisor's own process and all below it. */
  processes(): Promise<z.infer<typeof supervisorProcess>[]>;
  /** The WebSocket to the OpenClaw gateway, accepted. OpenClaw trusts it: it is ours alone. */
  gateway(): Promise<WebSocket>;
  /** The same for an app: OpenClaw takes it for a client at `address`, which has to be paired. */
  app(address: string): Promise<WebSocket>;
}

/** Talks to the supervisor in the container over its one port. */
export function supervisorClient(container: SandboxContainer, token: string): SupervisorClient {
  async function read(
    path: string,
    { timeoutMs, maxBytes, body }: { timeoutMs: number; maxBytes: number; body?: unknown },
  ): Promise<string> {
    const { ok, status, text } = await withDeadline(timeoutMs, async (signal) => {
      const request = new Request(`http://supervisor${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        signal,
      });
      const response = await container.fetch(SUPERVISOR_PORT, request);
      const { ok, status } = response;
      return { ok, status, text: await boundedBody(response, maxBytes) };
    });
    if (ok) return text;
    const refused = failure.safeParse(JSON.parse(text));
    throw new SupervisorError(
      refused.data?.error.code ?? 'supervisor_error',
      refused.data?.error.message ?? `the supervisor answered ${status}`,
    );
  }

  async function call(path: string, timeoutMs: number, body?: unknown): Promise<unknown> {
    return JSON.parse(await read(path, { timeoutMs, maxBytes: MAX_ANSWER_BYTES, body }));
  }

  async function readStatus(path: string, timeoutMs: number): Promise<SupervisorStatus> {
    const status = supervisorStatus.parse(await call(path, timeoutMs));
    if (status.protocol === SUPERVISOR_PROTOCOL || status.protocol === SUPERVISOR_PROTOCOL - 1) {
      return status;
    }
    throw new SupervisorError(
      'supervisor_protocol',
      `the supervisor speaks protocol ${status.protocol}, this release ${SUPERVISOR_PROTOCOL}`,
    );
  }

  async function openSocket(path: string, more: Record<string, string> = {}): Promise<WebSocket> {
    const headers = { authorization: `Bearer ${token}`, upgrade: 'websocket', ...more };
    const response = await withDeadline(GATEWAY_TIMEOUT_MS, (signal) =>
      container.fetch(
        SUPERVISOR_PORT,
        new Request(`http://supervisor${path}`, { headers, signal }),
      ),
    );
    const socket = response.webSocket;
    if (!socket) {
      throw new SupervisorError('gateway_unavailable', `no socket, status ${response.status}`);
    }
    socket.accept();
    return socket;
  }

  return {
    status(since) {
      const path = since === undefined ? '/status' : `/status?since=${since}`;
      return readStatus(path, since === undefined ? CHECK_TIMEOUT_MS : STATUS_TIMEOUT_MS);
    },
    check: () => readStatus('/status?check=1', CHECK_TIMEOUT_MS),
    async stop() {
      await call('/stop', STOP_TIMEOUT_MS, {});
    },
    async snapshot(options) {
      return supervisorSnapshot.parse(await call('/snapshot', SNAPSHOT_TIMEOUT_MS, options));
    },
    gateway: () => openSocket('/gateway'),
    app: (address) => openSocket('/openclaw', { 'x-forwarded-for': address }),
    async logs({ lines, after }) {
      const bounds = { timeoutMs: CHECK_TIMEOUT_MS, maxBytes: MAX_LOOK_BYTES };
      const from = after === undefined ? '' : `&after=${after}`;
      const text = await read(`/logs?lines=${lines}${from}`, bounds);
      const rows = text.split('\n').filter((line) => line !== '');
      return rows.slice(0, lines).map((line) => supervisorLogLine.parse(JSON.parse(line)));
    },
    async processes() {
      const bounds = { timeoutMs: CHECK_TIMEOUT_MS, maxBytes: MAX_LOOK_BYTES };
      return supervisorProcesses.parse(JSON.parse(await read('/processes', bounds))).processes;
    },
  };
}
