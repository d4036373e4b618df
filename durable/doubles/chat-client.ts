import type { ClientFrame, ServerFrame } from '../../contract/frames.ts';
import { CALLER_HEADER, type AgentStub, type Caller } from '../rpc.ts';

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

/** A member's end of the chat socket: frames are waited for, never slept for. */
export class ChatClient {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #arrived: () => void = () => undefined;
  #read = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.frames.push(JSON.parse(String(data)) as ServerFrame);
      this.#arrived();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
    socket.accept();
  }

  static async open(agent: AgentStub, caller: Caller): Promise<ChatClient> {
    const response = await agent.fetch('http://agent/api/socket', {
      headers: { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) },
    });
    if (!response.webSocket) throw new Error(`no socket, status ${response.status}`);
    return new ChatClient(response.webSocket);
  }

  send(frame: ClientFrame): void {
    this.raw(JSON.stringify(frame));
  }

  raw(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close(1000, 'done');
  }

  /** The next frame of a type, past others, from where the last `next` stopped. */
  async next<Type extends ServerFrame['type']>(
    type: Type,
    wanted: (frame: Frame<Type>) => boolean = () => true,
  ): Promise<Frame<Type>> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read] as ServerFrame;
        this.#read += 1;
        if (frame.type === type && wanted(frame as Frame<Type>)) return frame as Frame<Type>;
      }
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  /** Numbers of all events of a session that have come, in the order of their coming. */
  seqs(sessionId: string): number[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'events' && frame.sessionId === sessionId
        ? frame.events.map(({ seq }) => seq)
        : [],
    );
  }
}
