import type { AddressInfo } from 'node:net';
import { Faults, type ArmedFault, type FaultRule } from './faults.ts';
import { forwardingModel } from './forward-model.ts';
import { LogStore, type LogEntry } from './log-store.ts';
import { quotingModel } from './model.ts';
import { Recorder, type RecordedRequest, type RecordListener } from './recorder.ts';
import { createGatewayServer } from './server.ts';
import type { Down, GatewayState } from './state.ts';

export type { ArmedFault, FaultRule } from './faults.ts';
export type { LogEntry } from './log-store.ts';
export type { RecordedRequest } from './recorder.ts';

/** How long a finished call takes to appear in the log look-up, in milliseconds. */
const DEFAULT_LOG_DELAY_MS = 200;

export interface AiGatewayOptions {
  /** 127.0.0.1 unless said; only a loopback address is accepted. */
  host?: string;
  /** 0, a free port, unless said. */
  port?: number;
  accountId: string;
  gatewayId: string;
  /** Keys that may run models and read logs. */
  apiKeys: readonly string[];
  /** Forward to an OpenAI-compatible server (Ollama, llama.cpp) instead of answering by itself. */
  modelUrl?: string;
  /** The model's name there; absent = as it was asked for. */
  modelName?: string;
  /** NDJSON file that keeps the log over restarts; absent = memory only. */
  logFile?: string;
  /** Pace of the built-in answer; 0, as fast as possible, unless said. */
  tokensPerSecond?: number;
  /** How long a finished call takes to appear in the log look-up, ms. 200 unless said. */
  logDelayMs?: number;
}

/** A running stand-in, with the control endpoints' acts as methods. */
export interface AiGateway {
  /** `http://127.0.0.1:PORT/client/v4`, in place of `https://api.cloudflare.com/client/v4`. */
  url: string;
  port: number;
  /** Requests received, oldest first. */
  requests(filter?: { since?: number; tenant?: string }): RecordedRequest[];
  clearRequests(): void;
  /** Calls back on each arrival and each change of a request; returns how to stop that. */
  onRequest(listener: RecordListener): () => void;
  addFault(rule: FaultRule): ArmedFault;
  faults(): ArmedFault[];
  clearFaults(): void;
  setDown(down: Down): void;
  setLogLookup(available: boolean): void;
  /** The whole log at once, without the look-up's delay. */
  log(): LogEntry[];
  /** Ends every connection and stops. */
  close(): Promise<void>;
}

/**
 * Starts a local stand-in for Cloudflare AI Gateway's REST API.
 * Rejects when the host is not a loopback address or the port is taken.
 */
export async function startAiGateway(options: AiGatewayOptions): Promise<AiGateway> {
  const host = options.host ?? '127.0.0.1';
  if (!/^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host)) {
    throw new RangeError(`The AI Gateway stand-in listens on loopback only, not on ${host}.`);
  }
  const { accountId, gatewayId, apiKeys, modelUrl, modelName, tokensPerSecond } = options;
  const delayMs = options.logDelayMs ?? DEFAULT_LOG_DELAY_MS;
  const state: GatewayState = {
    identity: { accountId, gatewayId, apiKeys },
    model: modelUrl ? forwardingModel({ modelUrl, modelName }) : quotingModel,
    faults: new Faults(),
    recorder: new Recorder(),
    log: new LogStore({ delayMs, file: options.logFile }),
    tokensPerSecond: tokensPerSecond ? tokensPerSecond : null,
    down: 'up',
    logLookupAvailable: true,
  };
  const server = createGatewayServer(state);
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => {
      state.log.close();
      reject(error);
    });
    server.listen(options.port ?? 0, host, () => resolve((server.address() as AddressInfo).port));
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${port}/client/v4`,
    port,
    requests: (filter) => state.recorder.list(filter),
    clearRequests: () => state.recorder.clear(),
    onRequest: (listener) => state.recorder.listen(listener),
    addFault: (rule) => state.faults.add(rule),
    faults: () => state.faults.list(),
    clearFaults: () => state.faults.clear(),
    setDown: (down) => {
      state.down = down;
    },
    setLogLookup: (available) => {
      state.logLookupAvailable = available;
    },
    log: () => state.log.list(Infinity),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          state.log.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
