import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createSupervisorServer } from '../http-server.ts';
import { layoutOf } from '../layout.ts';
import { LogRing } from '../log-ring.ts';
import { redactor } from '../redact.ts';
import type { RestorePoint } from '../settings.ts';
import { type Status, StatusBoard } from '../status-board.ts';
import { Supervisor } from '../supervisor.ts';
import { listen } from './listen.ts';
import { scratchFolder } from './scratch.ts';
import { GATEWAY_TOKEN, TOKEN } from './supervisor-run.ts';

/** A supervisor in the test's own process, with a stand-in for OpenClaw. */
export interface InsideRun {
  supervisor: Supervisor;
  ring: LogRing;
  base: string;
  port: number;
  dataDir: string;
  /** Calls a route with the token. */
  call: (path: string, init?: RequestInit) => Promise<Response>;
  until: (wanted: (status: Status) => boolean) => Promise<Status>;
}

/** Makes one; it is started by the test and stopped when the test ends. */
export async function makeInside(options: {
  behaviour?: string;
  restore?: RestorePoint;
  stateUrl?: string;
}): Promise<InsideRun> {
  const dataDir = await scratchFolder();
  const { workspace } = layoutOf(dataDir);
  if (options.behaviour !== undefined) {
    await mkdir(workspace, { recursive: true });
    await writeFile(join(workspace, 'behaviour'), options.behaviour);
  }
  const ring = new LogRing(redactor([TOKEN, GATEWAY_TOKEN]));
  const restore = options.restore ?? null;
  const board = new StatusBoard({
    generation: 7,
    stage: restore === null ? 'booting' : 'restoring',
    reason: null,
    startedAt: Date.now(),
    timings: {},
    openclaw: { version: 'fake', pid: null, restarts: 0, lastExit: null },
    restored: null,
  });
  const supervisor = new Supervisor({
    settings: {
      port: 0,
      host: '127.0.0.1',
      dataDir,
      engineFd: 3,
      generation: 7,
      supervisorToken: TOKEN,
      gatewayToken: GATEWAY_TOKEN,
      modelsUrl: 'http://127.0.0.1:9/v1',
      stateUrl: options.stateUrl ?? 'http://127.0.0.1:9/snapshot',
      restore,
      openclaw: {
        models: [{ id: 'chat', contextWindow: 128_000, maxTokens: 4_096 }],
        defaultModel: 'chat',
        tools: 'safe',
        web: false,
        memoryMb: null,
      },
    },
    install: {
      entry: fileURLToPath(new URL('fake-openclaw.ts', import.meta.url)),
      version: 'fake',
    },
    board,
    ring,
  });
  const server = createSupervisorServer({ supervisor, ring, token: TOKEN });
  const port = await listen(server);
  onTestFinished(async () => {
    await supervisor.stop();
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${port}`;
  return {
    supervisor,
    ring,
    base,
    port,
    dataDir,
    call: (path, init = {}) =>
      fetch(`${base}${path}`, { ...init, headers: { authorization: `Bearer ${TOKEN}` } }),
    until: (wanted) => until(board, wanted),
  };
}

async function until(board: StatusBoard, wanted: (status: Status) => boolean): Promise<Status> {
  const signal = new AbortController().signal;
  while (!wanted(board.current))
    await board.changedSince(board.current.rev, { timeoutMs: 30_000, signal });
  return board.current;
}
