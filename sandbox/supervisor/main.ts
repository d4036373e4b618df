import { Socket } from 'node:net';
import { createSupervisorServer } from './http-server.ts';
import { findOpenClaw } from './install.ts';
import { LogRing, supervisorLog } from './log-ring.ts';
import { killQuietly } from './processes.ts';
import { redactor } from './redact.ts';
import { type Settings, SettingsError, readSettings } from './settings.ts';
import { StatusBoard } from './status-board.ts';
import { Supervisor } from './supervisor.ts';

/** Exit codes as in sysexits.h: usage (settings) and internal software error. */
const EXIT_SETTINGS = 64;
const EXIT_CRASH = 70;

main();

function main(): void {
  const settings = settingsOrExit();
  const ring = new LogRing(redactor([settings.supervisorToken, settings.gatewayToken]));
  const log = supervisorLog(ring);
  // The platform's own log collects stdout: the same redacted lines, one JSON object each.
  ring.follow((entry) => process.stdout.write(`${JSON.stringify(entry)}\n`));
  const install = findOpenClaw();
  const board = new StatusBoard({
    generation: settings.generation,
    stage: settings.restore === null ? 'booting' : 'restoring',
    reason: null,
    startedAt: Date.now(),
    timings: {},
    openclaw: { version: install.version, pid: null, restarts: 0, lastExit: null },
    restored: null,
  });
  const supervisor = new Supervisor({ settings, install, board, ring });
  process.on('exit', () => supervisor.kill());
  const crash = (cause: unknown) => {
    log('error', `the supervisor failed: ${cause instanceof Error ? cause.stack : String(cause)}`);
    process.exit(EXIT_CRASH);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  endWith(supervisor, settings.engineFd);
  const server = createSupervisorServer({ supervisor, ring, token: settings.supervisorToken });
  server.on('error', crash);
  server.listen(settings.port, settings.host, () => {
    log('info', `generation ${settings.generation} listens on port ${settings.port}`);
    supervisor.start();
  });
}

function settingsOrExit(): Settings {
  try {
    const settings = readSettings(process.env);
    // OpenClaw gets an environment of its own; this keeps them from any other child too.
    delete process.env.SK_SUPERVISOR_TOKEN;
    delete process.env.OPENCLAW_GATEWAY_TOKEN;
    return settings;
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    process.exit(EXIT_SETTINGS);
  }
}

/** Ends with the first signal in good order and with the second at once; ends with the engine too. */
function endWith(supervisor: Supervisor, engineFd: number | null): void {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) process.exit(0);
    isEnding = true;
    supervisor.stop().then(
      () => process.exit(0),
      () => process.exit(EXIT_CRASH),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (engineFd === null) return;
  const pipe = new Socket({ fd: engineFd, readable: true, writable: false });
  pipe.resume();
  pipe.on('error', () => pipe.destroy());
  pipe.once('close', () => {
    supervisor
      .stop()
      .then(endGroup, endGroup)
      .finally(() => process.exit(0));
  });
}

/** Without an engine nobody ends our process group; if we lead one, all of it goes now. */
function endGroup(): void {
  killQuietly(-process.pid, 'SIGKILL');
}
