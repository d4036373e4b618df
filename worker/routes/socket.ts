import { openAgentSocket } from '../agent-socket.ts';
import { bookChange } from '../book-change.ts';
import type { RouteSpec } from '../route.ts';
import { isUpgrade } from '../same-origin.ts';

/** `GET /api/socket`: the chat socket, which ends at the agent. */
export const socketRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/api/socket',
    on: ['tenant', 'by-path'],
    action: 'chat.socket',
    async handle(c) {
      // An operator may change things through it; its frames are seen by the agent alone.
      if (isUpgrade(c.req.raw)) await bookChange(c, { action: 'chat.open' });
      return openAgentSocket(c, { path: '/socket' });
    },
  },
];
