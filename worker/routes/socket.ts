import { openAgentSocket } from '../agent-socket.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /api/socket`: the chat socket, which ends at the agent. */
export const socketRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/api/socket',
    on: ['tenant', 'by-path'],
    action: 'chat.socket',
    handle: (c) => openAgentSocket(c, { path: '/socket' }),
  },
];
