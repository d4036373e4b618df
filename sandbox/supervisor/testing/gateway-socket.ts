import { once } from 'node:events';
import WebSocket from 'ws';
import { GATEWAY_TOKEN, TOKEN } from './supervisor-run.ts';

/** A frame of OpenClaw's gateway protocol. */
export interface GatewayFrame {
  type: string;
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: Record<string, unknown>;
  error?: { message: string };
}

/** A client of OpenClaw's gateway through the supervisor's /gateway. */
export interface GatewaySocket {
  frames: GatewayFrame[];
  call: (method: string, params: unknown) => Promise<GatewayFrame>;
  /** @returns the first frame, past or to come, for which `wanted` holds. */
  until: (wanted: (frame: GatewayFrame) => boolean) => Promise<GatewayFrame>;
  close: () => Promise<void>;
}

/** Connects with the scopes the agent uses for chat. */
export async function connectThrough(
  port: number,
  scopes = ['operator.read', 'operator.write'],
): Promise<GatewaySocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/gateway`, {
    headers: { authorization: `Bearer ${TOKEN}`, origin: 'https://elsewhere.example' },
  });
  const frames: GatewayFrame[] = [];
  const watchers = new Set<() => void>();
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)) as GatewayFrame);
    for (const watch of watchers) watch();
  });
  const until: GatewaySocket['until'] = (wanted) =>
    new Promise((resolve) => {
      const watch = () => {
        const found = frames.find(wanted);
        if (found === undefined) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
    });
  const call: GatewaySocket['call'] = (method, params) => {
    const id = crypto.randomUUID();
    socket.send(JSON.stringify({ type: 'req', id, method, params }));
    return until((frame) => frame.type === 'res' && frame.id === id);
  };
  await until((frame) => frame.event === 'connect.challenge');
  const hello = await call('connect', {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' },
    role: 'operator',
    scopes,
    caps: ['tool-events'],
    auth: { token: GATEWAY_TOKEN },
  });
  if (hello.ok !== true) throw new Error(hello.error?.message ?? 'connect refused');
  const close = async () => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
  return { frames, call, until, close };
}
