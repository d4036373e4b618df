import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { handleChat } from './chat-route.ts';
import { handleControl } from './control-route.ts';
import type { Exchange } from './exchange.ts';
import { sendJson, sendRefusal } from './http-io.ts';
import { handleLogs } from './logs-route.ts';
import { envelopeRefusal } from './refusal.ts';
import type { GatewayState } from './state.ts';

const CHAT = /^\/client\/v4\/accounts\/([^/]+)\/ai\/v1\/chat\/completions$/;
const LOGS = /^\/client\/v4\/accounts\/([^/]+)\/ai-gateway\/gateways\/([^/]+)\/logs(?:\/([^/]+))?$/;

/** The HTTP server of one stand-in; it does not listen yet. */
export function createGatewayServer(state: GatewayState): Server {
  // A slow model may take minutes: only its caller decides when to give up.
  return createServer({ requestTimeout: 0 }, (req, res) => {
    const exchange = { state, req, res, signal: signalOfClient(res) };
    route(exchange).catch((error: unknown) => fail(exchange, error));
  });
}

async function route(exchange: Exchange): Promise<void> {
  const { state, req, res } = exchange;
  const url = new URL(req.url ?? '/', 'http://127.0.0.1');
  if (url.pathname.startsWith('/__local/')) return handleControl(exchange, url);
  if (state.down === 'close') {
    req.socket.destroy();
    return;
  }
  if (state.down === 'status') {
    return sendRefusal(req, res, envelopeRefusal(503, 10_013, 'The gateway is switched off.'));
  }
  const chat = CHAT.exec(url.pathname);
  if (chat?.[1] && req.method === 'POST') return handleChat(exchange, chat[1]);
  const logs = LOGS.exec(url.pathname);
  if (logs?.[1] && logs[2] && req.method === 'GET') {
    const [, accountId, gatewayId, logId = null] = logs;
    return handleLogs(exchange, { accountId, gatewayId, logId, params: url.searchParams });
  }
  const message = `Could not route to ${url.pathname}, perhaps your object identifier is invalid?`;
  sendRefusal(req, res, envelopeRefusal(404, 7003, message));
}

function fail({ res, signal }: Exchange, error: unknown): void {
  if (signal.aborted) return;
  console.error('A request to the AI Gateway stand-in failed:', error);
  if (res.headersSent) res.destroy();
  else sendJson(res, 500, { error: 'The stand-in failed; see its log.' });
}

/** Fires when the connection goes before the answer is complete. */
function signalOfClient(res: ServerResponse<IncomingMessage>): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
