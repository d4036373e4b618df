/**
 * A double of OpenClaw's gateway as a process, started by the supervisor in its place: the same
 * command line, environment, HTTP probes, WebSocket protocol 4 and state files, and nothing of its
 * cost. It asks models for real, through PLATFORM_MODEL_BASE_URL.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { Connection } from './connection.ts';
import type { Gateway } from './methods.ts';
import { Pairings } from './pairings.ts';
import { Runs } from './runs.ts';
import { Suspension } from './suspension.ts';
import { Transcript } from './transcript.ts';

/** Exit code for an invalid config, as the real one's. */
const EXIT_CONFIG = 78;
/** Frames above this close the socket with 1009, bytes. */
const MAX_FRAME_BYTES = 26_214_400;

const env = (name: string): string => process.env[name] ?? '';

main();

function main(): void {
  checkConfig();
  const transcript = new Transcript(env('OPENCLAW_STATE_DIR'));
  const connections = new Set<Connection>();
  let isStopping = false;
  const emit = (key: string, event: string, payload: object): void => {
    for (const connection of connections)
      if (connection.follows.has(key)) connection.event(event, payload);
  };
  const runs = new Runs({
    transcript,
    model: { baseUrl: env('PLATFORM_MODEL_BASE_URL'), apiKey: env('PLATFORM_MODEL_TOKEN') },
    emit,
  });
  const suspension = new Suspension((isHeld) => runs.hold(isHeld));
  const gateway: Gateway = {
    transcript,
    runs,
    suspension,
    pairings: new Pairings(),
    emit,
    isStopping: () => isStopping,
  };

  const server = createServer((request, response) => {
    const isProbe = request.url === '/healthz' || request.url === '/readyz';
    response.writeHead(isProbe ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: isProbe }));
  });
  const sockets = new WebSocketServer({ server, maxPayload: MAX_FRAME_BYTES });
  sockets.on('connection', (socket) => {
    const connection = new Connection(socket, { gateway, token: env('OPENCLAW_GATEWAY_TOKEN') });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  server.listen(Number(env('OPENCLAW_GATEWAY_PORT')), '127.0.0.1', () => runs.resumeSoon());

  // As the real one, it lets the runs that are on come to their end first.
  process.once('SIGTERM', () => {
    isStopping = true;
    void runs.settled().then(() => {
      for (const connection of connections) connection.close();
      transcript.close();
      process.exit(0);
    });
  });
}

function checkConfig(): void {
  try {
    JSON.parse(readFileSync(env('OPENCLAW_CONFIG_PATH'), 'utf8'));
  } catch (error) {
    process.stderr.write(`invalid config: ${(error as Error).message}\n`);
    process.exit(EXIT_CONFIG);
  }
}
