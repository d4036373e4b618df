import { liveFrame, type LiveFrame } from '../../contract/live.ts';
import type { TimelineData } from '../../contract/timeline.ts';
import { CALLER_HEADER, LIVE_PATH, type AgentStub, type Caller } from '../rpc.ts';

/** An operator's end of a live socket: frames are waited for, never slept for, and each is checked. */
export class Watcher {
  readonly frames: LiveFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #arrived: () => void = () => undefined;
  #read = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.frames.push(liveFrame.parse(JSON.parse(String(data))));
      this.#arrived();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
    socket.accept();
  }

  static async open(agent: AgentStub, caller: Caller): Promise<Watcher> {
    const response = await agent.fetch(`http://agent${LIVE_PATH}`, {
      headers: { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) },
    });
    if (!response.webSocket) throw new Error(`no socket, status ${response.status}`);
    return new Watcher(response.webSocket);
  }

  send(data: string): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close(1000, 'done');
  }

  /** The next frame of a kind, past others, from where the last `next` stopped. */
  async next<T extends LiveFrame['t']>(t: T): Promise<Extract<LiveFrame, { t: T }>> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read] as LiveFrame;
        this.#read += 1;
        if (frame.t === t) return frame as Extract<LiveFrame, { t: T }>;
      }
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  /** Types of what has been told, in order. */
  told(): TimelineData['type'][] {
    return this.frames.flatMap((frame) =>
      frame.t === 'timeline' ? frame.entries.map(({ data }) => data.type) : [],
    );
  }
}
