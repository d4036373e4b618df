/** One end of a socket as a test holds it: what comes, and how it ends. */
export class SocketEnd {
  readonly frames: string[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #arrived: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener('message', ({ data }) => {
      this.frames.push(String(data));
      this.#arrived();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code }) => resolve(code));
    });
  }

  send(frame: object | string | ArrayBuffer): void {
    const isRaw = typeof frame === 'string' || frame instanceof ArrayBuffer;
    this.#socket.send(isRaw ? frame : JSON.stringify(frame));
  }

  close(code = 1000, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** The n-th frame, come or to come. */
  async frame(n: number): Promise<string> {
    for (;;) {
      const frame = this.frames[n - 1];
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }
}

/** A socket whose one end is a test's; the other is accepted already. */
export function socketTo(): { far: SocketEnd; near: WebSocket } {
  const { 0: far, 1: near } = new WebSocketPair();
  near.accept();
  return { far: new SocketEnd(far), near };
}

/** The first frame of an app that has a device. */
export const CONNECT = {
  type: 'req',
  id: '1',
  method: 'connect',
  params: { role: 'operator', device: { id: 'd', signature: 's' } },
};
