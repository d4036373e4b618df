import type { SupervisorStatus } from '../../contract/supervisor.ts';
import type { SandboxContainer, StartOptions } from '../container.ts';
import { SupervisorError } from '../supervisor-client.ts';

type Stage = SupervisorStatus['stage'];
/** What the container does from its start on: stages in turn, or `exit`, which ends it. */
type Script = (Stage | 'exit')[];

/** What a failed stage says. */
const FAILED = { code: 'restore_corrupt', message: 'The snapshot is damaged.' };

/** A container with a supervisor in it, without a process: what a driver asks of both is kept. */
export class FakeSandbox implements SandboxContainer {
  running = false;
  /** What happened, in order: `start 1`, `intercept <host>`, `stop`, `snapshot`, `destroy`. */
  readonly happened: string[] = [];
  readonly starts: StartOptions[] = [];
  /** Scripts of the coming starts; without one it boots to ready. */
  scripts: Script[] = [];
  /** Errors that the coming starts throw. */
  refusals: Error[] = [];
  /** What it says it has restored; by default what it was told to. */
  restored: { id: string; sha256: string } | null = null;
  /** Whether OpenClaw answers a check; null as long as nobody says. */
  healthy: boolean | null = null;
  /** Requests that break off before they are answered. */
  broken = 0;
  /** What its log says; null when it gives no answer. */
  log: string[] | null = ['one', 'two'];
  /** Stands in for the egress: stores the snapshot, or throws; a SupervisorError keeps its code. */
  onSnapshot: (put: { id: string; ticket: string }) => void = () => undefined;
  #script: Script = [];
  #at = 0;
  #generation = 0;
  #token = '';

  start(options: StartOptions): void {
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    if (this.running) throw new Error('start() cannot be called on a running container');
    this.happened.push(`start ${options.env['SK_GENERATION']}`);
    this.starts.push(options);
    const restore = options.env['SK_RESTORE'];
    this.restored = restore ? (JSON.parse(restore) as { id: string; sha256: string }) : null;
    this.runs({
      generation: Number(options.env['SK_GENERATION']),
      token: options.env['SK_SUPERVISOR_TOKEN'] ?? '',
      script: this.scripts.shift() ?? ['restoring', 'booting', 'ready'],
    });
  }

  /** Makes it run as if it had been started by somebody else before. */
  runs(life: { generation: number; token: string; script: Script }): void {
    this.running = life.script[0] !== 'exit';
    this.#generation = life.generation;
    this.#token = life.token;
    this.#script = life.script;
    this.#at = 0;
  }

  async destroy(): Promise<void> {
    this.happened.push('destroy');
    this.running = false;
  }

  async intercept(host: string): Promise<void> {
    this.happened.push(`intercept ${host}`);
  }

  async setInactivityTimeout(): Promise<void> {}

  async fetch(_port: number, request: Request): Promise<Response> {
    if (!this.running) throw new Error('Container is not listening to port 8080');
    if (request.headers.get('authorization') !== `Bearer ${this.#token}`) {
      return this.#refuse(401, 'unauthorized', 'Wrong token.');
    }
    if (this.broken > 0) {
      this.broken -= 1;
      throw new Error('the connection was reset');
    }
    const url = new URL(request.url);
    switch (url.pathname) {
      case '/status':
        return this.#status(url.searchParams.get('since'));
      case '/stop':
        this.happened.push('stop');
        this.#script = ['stopped'];
        this.#at = 0;
        return Response.json({});
      case '/snapshot':
        return this.#snapshot((await request.json()) as { id: string; ticket: string });
      case '/logs':
        return this.#logs(url.searchParams);
      default:
        return new Response('not found', { status: 404 });
    }
  }

  #status(since: string | null): Response {
    if (since !== null && this.#at < this.#script.length - 1) this.#at += 1;
    const stage = this.#script[this.#at] ?? 'failed';
    if (stage === 'exit') {
      this.running = false;
      throw new Error('the connection was reset');
    }
    const status: SupervisorStatus = {
      protocol: 1,
      generation: this.#generation,
      rev: this.#at,
      stage,
      reason: stage === 'failed' ? FAILED : null,
      startedAt: 0,
      timings: {},
      openclaw: { version: null, pid: null, restarts: 0, lastExit: null, healthy: this.healthy },
      memory: { rssBytes: 0, openclawRssBytes: null, limitBytes: null },
      restored: this.restored,
    };
    return Response.json(status);
  }

  #logs(query: URLSearchParams): Response {
    if (this.log === null) throw new Error('the connection was reset');
    const [after, lines] = [query.get('after'), Number(query.get('lines'))];
    const all = this.log.map((msg, index) => {
      const level = msg.startsWith('E') ? 'error' : 'info';
      return JSON.stringify({ seq: index + 1, at: index, source: 'openclaw', level, msg });
    });
    const asked =
      after === null ? all.slice(-lines) : all.slice(Number(after), Number(after) + lines);
    return new Response(asked.map((line) => `${line}\n`).join(''));
  }

  #snapshot(put: { id: string; ticket: string }): Response {
    this.happened.push('snapshot');
    try {
      this.onSnapshot(put);
    } catch (error) {
      const code = error instanceof SupervisorError ? error.code : 'snapshot_failed';
      return this.#refuse(502, code, 'The snapshot was not made.');
    }
    const sha256 = 'c'.repeat(64);
    return Response.json({ id: put.id, size: 10, sha256, files: 1, ms: {} });
  }

  #refuse(status: number, code: string, message: string): Response {
    return Response.json({ error: { code, message } }, { status });
  }
}
