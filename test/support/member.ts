import { sessionHistory } from '../../contract/api.ts';
import { sessionView, type SessionEvent, type SessionView } from '../../contract/frames.ts';
import { ChatSocket } from './chat-socket.ts';
import { ask, askOk } from './loopback.ts';

/** A member of a tenant, signed in by an invite, as a browser would be. */
export class MemberClient {
  readonly origin: string;
  readonly cookie: string;

  private constructor(origin: string, cookie: string) {
    this.origin = origin;
    this.cookie = cookie;
  }

  /** Opens an invite's link and signs in. */
  static async join(inviteUrl: string, name = 'Tester'): Promise<MemberClient> {
    const { origin, pathname } = new URL(inviteUrl);
    const invite = pathname.split('/').at(-1) ?? '';
    const answer = await ask(`${origin}/api/sign-in`, {
      method: 'POST',
      headers: { origin },
      body: { invite, name },
    });
    if (answer.status !== 201) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`);
    const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
    return new MemberClient(origin, cookie);
  }

  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return askOk(this.origin + path, { method, headers: this.#headers, body });
  }

  async createSession(title?: string): Promise<SessionView> {
    return sessionView.parse(await this.call('POST', '/api/sessions', { title }));
  }

  async events(sessionId: string): Promise<SessionEvent[]> {
    return sessionHistory.parse(await this.call('GET', `/api/sessions/${sessionId}/events`)).events;
  }

  socket(): Promise<ChatSocket> {
    return ChatSocket.open(`${this.origin.replace(/^http/, 'ws')}/api/socket`, this.#headers);
  }

  get #headers(): Record<string, string> {
    return { origin: this.origin, cookie: this.cookie };
  }
}
