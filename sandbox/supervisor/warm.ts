import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOpenClaw } from './install.ts';
import { LogRing } from './log-ring.ts';
import { StatusBoard } from './status-board.ts';
import { Supervisor } from './supervisor.ts';

/**
 * Runs OpenClaw once while the image is built, as the user it will run as, so that Node's compile
 * cache in the temporary folder is filled: it saves 1-2 CPU-seconds of every boot. Nothing else of
 * this life is kept.
 */
const dataDir = await mkdtemp(join(tmpdir(), 'warm-'));
const ring = new LogRing((text) => text);
const install = findOpenClaw();
const supervisor = new Supervisor({
  settings: {
    port: 0,
    host: '127.0.0.1',
    dataDir,
    engineFd: null,
    generation: 0,
    supervisorToken: 'build',
    gatewayToken: 'build',
    modelsUrl: 'http://models.internal/v1',
    stateUrl: 'http://state.internal/snapshot',
    restore: null,
    openclaw: {
      models: [{ id: 'chat', contextWindow: 128_000, maxTokens: 4_096 }],
      defaultModel: 'chat',
      tools: 'safe',
      web: false,
      memoryMb: null,
    },
  },
  install,
  board: new StatusBoard({
    generation: 0,
    stage: 'booting',
    reason: null,
    startedAt: Date.now(),
    timings: {},
    openclaw: { version: install.version, pid: null, restarts: 0, lastExit: null },
    restored: null,
  }),
  ring,
});
const { board } = supervisor;
supervisor.start();
const never = new AbortController().signal;
while (board.current.stage === 'booting')
  await board.changedSince(board.current.rev, { timeoutMs: 60_000, signal: never });
const { stage, reason, timings } = board.current;
await supervisor.stop();
await rm(dataDir, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ stage, reason, timings })}\n`);
if (stage !== 'ready') {
  for (const { msg } of ring.tail(50)) process.stderr.write(`${msg}\n`);
  process.exitCode = 1;
}
