import { AppError, errorBody, errorCode } from '../contract/errors.ts';
import { CALLER_HEADER, REQUEST_ID_HEADER } from '../durable/index.ts';
import type { AgentStub } from './agent.ts';
import { askAgent, callerOf } from './ask-agent.ts';
import { requestIdOf, type EdgeContext } from './context.ts';
import { isUpgrade } from './same-origin.ts';

/** An agent's refusal of a socket as the error it names. */
async function refusalOf(response: Response): Promise<AppError> {
  const body = errorBody.safeParse(await response.json().catch(() => null));
  const code = errorCode.safeParse(body.data?.error.code);
  if (!body.success || !code.success) {
    return new AppError('agent_unavailable', 'The agent did not open the socket.', {
      cause: new Error(`status ${response.status}`),
    });
  }
  const { message, hint, details } = body.data.error;
  return new AppError(code.data, message, { hint, details });
}

/**
 * Hands a WebSocket's handshake on to the tenant's agent with who asks; of the client's own headers
 * nothing goes along. AppError upgrade_required for a request that is no handshake.
 */
export function openAgentSocket(
  c: EdgeContext,
  socket: { path: string; headers?: Record<string, string> },
): Promise<Response> {
  if (!isUpgrade(c.req.raw)) {
    throw new AppError('upgrade_required', 'Open this address as a WebSocket.');
  }
  return askAgent(c, async (agent: AgentStub) => {
    const response = await agent.fetch(`https://agent.internal${socket.path}`, {
      headers: {
        ...socket.headers,
        upgrade: 'websocket',
        [CALLER_HEADER]: JSON.stringify(callerOf(c)),
        [REQUEST_ID_HEADER]: requestIdOf(c),
      },
    });
    if (!response.webSocket) throw await refusalOf(response);
    return new Response(null, { status: 101, webSocket: response.webSocket });
  });
}
