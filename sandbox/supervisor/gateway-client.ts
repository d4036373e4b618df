/** OpenClaw answers in milliseconds; a boot's last seconds may hold the loop up. */
const CALL_TIMEOUT_MS = 15_000;
/** The gateway's protocol this supervisor speaks. */
const PROTOCOL = 4;

/** A connection to OpenClaw's gateway. */
export interface GatewayClient {
  /** Calls a method. @throws Error with OpenClaw's message, or on time-out and loss. */
  call: (method: string, params: Record<string, unknown>) => Promise<Record<string, unknown>>;
  close: () => void;
}

interface Frame {
  type?: string;
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: Record<string, unknown>;
  error?: { message?: string };
}

/**
 * Connects to the OpenClaw gateway over loopback, where the token alone gives the scopes asked for.
 * @throws Error when it cannot be reached or refuses.
 */
export async function connectGateway(input: {
  port: number;
  token: string;
  scopes: readonly string[];
}): Promise<GatewayClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${input.port}/`);
  const pending = new Map<string, (frame: Frame) => void>();
  const challenged = Promise.withResolvers<void>();
  socket.addEventListener('message', (event) => {
    const frame = JSON.parse(String(event.data)) as Frame;
    if (frame.event === 'connect.challenge') challenged.resolve();
    if (frame.type === 'res' && frame.id !== undefined) pending.get(frame.id)?.(frame);
  });
  const lost = (message: string) => {
    challenged.reject(new Error(message));
    for (const settle of pending.values()) settle({ ok: false, error: { message } });
  };
  socket.addEventListener('error', () => lost('the gateway connection failed'));
  socket.addEventListener('close', () => lost('the gateway connection closed'));
  const call: GatewayClient['call'] = (method, params) =>
    request({ socket, pending }, method, params);
  try {
    await within(challenged.promise, 'connect.challenge');
    await call('connect', {
      minProtocol: PROTOCOL,
      maxProtocol: PROTOCOL,
      client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' },
      role: 'operator',
      scopes: input.scopes,
      auth: { token: input.token },
    });
  } catch (cause) {
    socket.close();
    throw cause;
  }
  return { call, close: () => socket.close() };
}

interface Line {
  socket: WebSocket;
  pending: Map<string, (frame: Frame) => void>;
}

async function request(
  { socket, pending }: Line,
  method: string,
  params: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const id = crypto.randomUUID();
  const answer = new Promise<Frame>((resolve) => pending.set(id, resolve));
  try {
    socket.send(JSON.stringify({ type: 'req', id, method, params }));
    const frame = await within(answer, method);
    if (frame.ok === true) return frame.payload ?? {};
    throw new Error(`${method}: ${frame.error?.message ?? 'refused'}`);
  } finally {
    pending.delete(id);
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what}: no answer in ${CALL_TIMEOUT_MS} ms`)),
    CALL_TIMEOUT_MS,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
