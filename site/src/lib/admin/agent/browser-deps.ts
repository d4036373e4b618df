import { openKeptSocket } from '../../api/kept-socket.ts';
import { agentApi } from './agent-api.ts';
import type { LiveDeps } from './live-agent.svelte.ts';

/** What a live agent touches in a browser; on the server nothing of it is called but `now`. */
export function browserDeps(tenantId: string): LiveDeps {
  return {
    api: agentApi((input, init) => fetch(input, init), tenantId),
    connect: (events) =>
      openKeptSocket(
        { path: `/admin/api/agents/${tenantId}/live`, page: new URL(location.href) },
        events,
      ),
    now: () => Date.now(),
    later(task, ms) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  };
}
