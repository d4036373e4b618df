import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface DockerState {
  /** By id. */
  images: Record<string, { platform: string; repoDigests: string[] }>;
  /** Local tags, with the id of their image. */
  tags: Record<string, string>;
  /** What was pushed: references with their digests. */
  remote: Record<string, string>;
  logins: string[];
  /** Stands for the build context: another content is another image. */
  content: string;
  imageBytes: number;
  faults: { command: string; code: number; message: string }[];
}

interface DockerCall {
  /** Such as `build` or `image inspect`. */
  command: string;
  args: string[];
  isKnown: boolean;
}

/** The size of a plausible image: OpenClaw's 647 MB of packages and a system. */
const IMAGE_BYTES = 1_200_000_000;

/**
 * A scripted docker with a state of its own. Whatever has `env` runs it, with no other variable, as
 * wrangler and skclaw do; `failNext('push', …)` fails the next such command.
 */
export function startDocker() {
  const folder = mkdtempSync(join(tmpdir(), 'scripted-docker-'));
  const file = join(folder, 'state.json');
  const read = (): DockerState => JSON.parse(readFileSync(file, 'utf8')) as DockerState;
  const write = (changes: Partial<DockerState>): void =>
    writeFileSync(file, JSON.stringify({ ...(existsSync(file) && read()), ...changes }));
  write({
    images: {},
    tags: {},
    remote: {},
    logins: [],
    content: 'first',
    imageBytes: IMAGE_BYTES,
    faults: [],
  });
  const binary = join(folder, 'docker');
  const script = join(import.meta.dirname, 'docker.mjs');
  const command = [process.execPath, script, folder].map((part) => `'${part}'`).join(' ');
  writeFileSync(binary, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return {
    env: { WRANGLER_DOCKER_BIN: binary },
    state: read,
    change: write,
    calls(): DockerCall[] {
      const log = join(folder, 'calls.ndjson');
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
      return lines.map((line) => JSON.parse(line) as DockerCall);
    },
    failNext(command: string, failure: { code?: number; message?: string } = {}): void {
      const { code = 1, message = 'a scripted failure' } = failure;
      write({ faults: [...read().faults, { command, code, message }] });
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
