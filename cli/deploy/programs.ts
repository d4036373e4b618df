import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { Io } from '../io.ts';

/** What wrangler and docker are given of the environment: no secret of the Worker is among it. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'TMPDIR',
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_API_BASE_URL',
  'DOCKER_CONFIG',
  'DOCKER_HOST',
  'WRANGLER_DOCKER_BIN',
  'HTTPS_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'XDG_CONFIG_HOME',
] as const;
/** Kept of what a program said when it failed, lines: its last words are why. */
const MAX_SAID_LINES = 12;
/** Cloudflare's words and codes for a token that is wrong or may too little. */
const REFUSED =
  /\bcode: (?:10000|10001|9109|9106|10405)\b|Authentication error|Not logged in|not authori[sz]ed/i;
// oxlint-disable-next-line no-control-regex -- colours and cursor moves are what is cut out
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

function saidOf(text: string): string[] {
  return text
    .replaceAll(ESCAPES, '')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !/^[\s─-╿]*$/.test(line));
}

/** Why a program failed, in its own last words. */
function failureOf(program: string, ended: { stdout: string; stderr: string }): AppError {
  // wrangler marks the reason; what follows it are its details.
  const lines = saidOf(`${ended.stdout}\n${ended.stderr}`);
  const marked = lines.findLastIndex((line) => /\[ERROR\]|✘/.test(line));
  const said = (marked === -1 ? lines : lines.slice(marked)).slice(0, MAX_SAID_LINES);
  const reason = (said[0] ?? 'it said nothing').replace(/^.*\[ERROR\]\s*/, '').trim();
  const code = REFUSED.test(said.join('\n')) ? 'cloud_refused' : 'upstream_failed';
  return new AppError(code, `${program} failed: ${reason}`, { details: said });
}

/** What wrangler writes to its output file, one entry a line. */
export type WranglerOutput = Readonly<Record<string, unknown>> & { type?: unknown };

/** The programs of the project that a deploy runs, with the Node from npm whatever runs skclaw. */
export interface Programs {
  /** Runs wrangler to its end; what it wrote for programs to read. Throws with its last words. */
  wrangler(args: readonly string[]): Promise<{ stdout: string; outputs: WranglerOutput[] }>;
  /** Builds the site. */
  buildSite(): Promise<void>;
  /** What docker says; throws with its last words. */
  docker(args: readonly string[]): Promise<string>;
}

/** The programs of the project at `root`. `accountId` is the account that wrangler acts on. */
export function createPrograms(io: Io, options: { root: string; accountId: string }): Programs {
  const { root, accountId } = options;
  const node = join(root, 'node_modules/node/bin/node');
  const env = {
    ...Object.fromEntries(PASSED_ON.map((name) => [name, io.env[name]])),
    CLOUDFLARE_ACCOUNT_ID: accountId,
    // Nobody is there to answer a question, and nothing is reported or fetched on the side.
    CI: 'true',
    NO_COLOR: '1',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
  };
  async function run(program: string, file: string, args: readonly string[], more = {}) {
    const ended = await io.execute(file, args, { cwd: root, env: { ...env, ...more } });
    if (ended.code === 0) return ended;
    if (ended.code === 127) {
      throw new AppError('invalid_config', `${program} is not there: ${ended.stderr.trim()}`, {
        hint:
          program === 'docker'
            ? 'Install Docker, or name it by WRANGLER_DOCKER_BIN.'
            : 'Run npm ci.',
      });
    }
    throw failureOf(program, ended);
  }
  return {
    async wrangler(args) {
      const file = join(tmpdir(), `skclaw-wrangler-${randomUUID()}.ndjson`);
      try {
        const script = join(root, 'node_modules/wrangler/bin/wrangler.js');
        const more = { WRANGLER_OUTPUT_FILE_PATH: file };
        const { stdout } = await run('wrangler', node, [script, ...args], more);
        const written = await readFile(file, 'utf8').catch(() => '');
        const outputs = written
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as WranglerOutput);
        return { stdout, outputs };
      } finally {
        await rm(file, { force: true });
      }
    },
    async buildSite() {
      await run('vite', node, [join(root, 'node_modules/vite/bin/vite.js'), 'build']);
    },
    async docker(args) {
      const { stdout } = await run('docker', io.env['WRANGLER_DOCKER_BIN'] || 'docker', args);
      return stdout;
    },
  };
}
