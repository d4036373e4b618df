import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { engineDir, ROOT } from '../../local/runner/paths.ts';
import { allProcesses, familyOf, type SeenProcess } from './processes.ts';

/** `npm run dev` on a machine where everything is installed; longer is a hang, ms. */
const START_TIMEOUT_MS = 240_000;
/** Ctrl-C puts agents to sleep for 20 s at most, then stops; longer is a hang, ms. */
const STOP_TIMEOUT_MS = 60_000;

/** `npm run dev`, as a person starts and stops it. */
export class DevProcess {
  readonly #child: ChildProcess;
  output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** Starts it and waits for the invite's link. */
  static async start(options: {
    port: number;
    stateDir: string;
  }): Promise<DevProcess & { invite: string }> {
    const args = ['run', 'dev', '--', '--port', String(options.port), '--state', options.stateDir];
    // In a group of its own, as a terminal's foreground job is.
    const child = spawn('npm', args, {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const dev = new DevProcess(child);
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const invite = /http:\/\/\S+\/join\/\S+/.exec(dev.output)?.[0];
      if (invite) return Object.assign(dev, { invite });
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`npm run dev did not come up:\n${dev.output}`);
      }
      await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
    }
  }

  /** Everything it has started, whatever its group. */
  processes(): SeenProcess[] {
    return familyOf(this.#child.pid ?? 0);
  }

  /** Ctrl-C: SIGINT to the whole foreground group. Answers what outlived it. */
  async interrupt(): Promise<SeenProcess[]> {
    const before = this.processes();
    const gone = once(this.#child, 'exit');
    process.kill(-(this.#child.pid ?? 0), 'SIGINT');
    const timer = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
    return this.#untilGone(before);
  }

  kill(): void {
    for (const { pid } of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself meanwhile.
      }
    }
  }

  /** npm ends at once on Ctrl-C while the runner still puts agents to sleep. */
  async #untilGone(before: readonly SeenProcess[]): Promise<SeenProcess[]> {
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    for (;;) {
      const now = new Map(allProcesses().map((one) => [one.pid, one.args.join(' ')]));
      const left = before.filter(({ pid, args }) => now.get(pid) === args.join(' '));
      if (left.length === 0 || Date.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Where a local system keeps what tests look at. */
export async function viewOf(stateDir: string): Promise<{
  controlUrl: string;
  containersDir: string;
  engineSocket: string;
}> {
  const vars = await readFile(join(stateDir, 'worker.env'), 'utf8');
  const base = /^AI_GATEWAY_BASE_URL="(.+)"$/m.exec(vars)?.[1] ?? '';
  const dir = engineDir(stateDir);
  return {
    controlUrl: new URL('/__local', base).href,
    containersDir: join(dir, 'containers'),
    engineSocket: join(dir, 'engine.sock'),
  };
}
