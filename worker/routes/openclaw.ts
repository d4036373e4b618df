import { ADDRESS_HEADER, APP_PATH } from '../../durable/index.ts';
import { openAgentSocket } from '../agent-socket.ts';
import type { RouteSpec } from '../route.ts';

/**
 * `GET /openclaw`: where OpenClaw's own apps connect, with an API key as a bearer token. All of them
 * can send a header with the handshake (`gateway.remote.edgeAuth`, custom headers of a gateway); a
 * key in the URL would be logged on its way, and one in a frame would reach the sandbox.
 */
export const openclawRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/openclaw',
    on: ['tenant', 'by-path'],
    action: 'openclaw.connect',
    handle(c) {
      const address = c.req.header('cf-connecting-ip');
      return openAgentSocket(c, {
        path: APP_PATH,
        ...(address === undefined ? {} : { headers: { [ADDRESS_HEADER]: address } }),
      });
    },
  },
];
