/**
 * Stands in for OpenClaw's gateway in tests: answers /readyz and echoes what a WebSocket upgrade
 * brought. FAKE_BEHAVIOUR lies in the workspace, since its environment is only what the supervisor
 * gives: `exit <code>` ends it at start, `crash-once` at the first start.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const workspace = join(process.env.OPENCLAW_STATE_DIR ?? '', 'workspace');
const behaviour = existsSync(join(workspace, 'behaviour'))
  ? readFileSync(join(workspace, 'behaviour'), 'utf8')
  : '';
const started = join(workspace, 'started');
const isFirst = !existsSync(started);
writeFileSync(started, '');
process.stdout.write(`token ${process.env.OPENCLAW_GATEWAY_TOKEN}\n`);
const exit = /^exit (\d+)$/.exec(behaviour)?.[1];
if (exit !== undefined) {
  process.stderr.write(`refused: ${process.env.OPENCLAW_GATEWAY_TOKEN}\n`);
  process.exit(Number(exit));
}
if (behaviour === 'crash-once' && isFirst) process.kill(process.pid, 'SIGKILL');

const server = createServer((request, response) => {
  response.writeHead(request.url === '/readyz' ? 200 : 404).end();
});
server.on('upgrade', (request, socket, head) => {
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  socket.write(`${JSON.stringify({ url: request.url, headers: request.headers })}\n`);
  socket.write(head);
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
server.listen(Number(process.env.OPENCLAW_GATEWAY_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
