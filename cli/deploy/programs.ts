import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { readOptional } from '../config.ts';
import type { Executed, Io } from '../io.ts';

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
  'NODE_COMPILE_CACHE',
  'XDG_CONFIG_HOME',
] as const;
/** Kept of what a program said when it failed, lines: its last words are why. */
const MAX_SAID_LINES = 12;
/** Cloudflare's words and codes for a token that is wrong or may too little. */
const REFUSED = /Authentication error|Not logged in|not authori[sz]ed/i;
const REFUSED_CODES: ReadonlySet<number> = new Set([9106, 9109, 10000, 10001, 10405]);
// oxlint-disable-next-line no-control-regex -- colours and cursor moves are what is cut out
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

function saidOf(text: string): string[] {
  return text
    .replaceAll(ESCAPES, '')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !/^[\s─-╿]*$|Logs were written to/.test(line));
}

/** What wrangler writes to its output file, one entry a line. */
export type WranglerOutput = Readonly<Record<string, unknown>> & { type?: unknown };

/** The entry that wrangler writes when it fails: Cloudflare's code, and its own words. */
const commandFailed = z.object({
  type: z.literal('command-failed'),
  code: z.number().optional(),
  message: z.string(),
});

/** Why a program failed: in its words for programs where it has any, else in its last ones. */
function failureOf(
  program: string,
  ended: { stdout: string; stderr: string },
  outputs: readonly WranglerOutput[] = [],
): AppError {
  // The reason comes last, after what the programs that it started have said.
  const details = saidOf(`${ended.stdout}\n${ended.stderr}`).slice(-MAX_SAID_LINES);
  const entry = outputs
    .map((output) => commandFailed.safeParse(output))
    .find(({ success }) => success);
  const marked = details.findLast((line) => line.includes('[ERROR]')) ?? details.at(-1);
  const said = marked?.replace(/^.*\[ERROR\]\s*/, '');
  const reason = (entry?.data?.message ?? said ?? 'it said nothing').trim();
  const isRefused =
    REFUSED.test([reason, ...details].join('\n')) || REFUSED_CODES.has(entry?.data?.code ?? 0);
  const code = isRefused ? 'cloud_refused' : 'upstream_failed';
  return new AppError(code, `${program} failed: ${reason}`, { details });
}

/** The programs of the project that a deploy runs, with the Node from npm whatever runs skclaw. */
export interface Programs {
  /** Runs wrangler to its end; what it wrote for programs to read. Throws with its last words. */
  wrangler(args: readonly string[]): Promise<{ stdout: string; outputs: WranglerOutput[] }>;
  /** Builds the site. */
  buildSite(): Promise<void>;
  /** What docker says; throws with its last words. */
  docker(args: readonly string[]): Promise<string>;
}

function refuseMissing(program: string, { code, stderr }: Executed): void {
  if (code !== 127) return;
  throw new AppError('invalid_config', `${program} is not there: ${stderr.trim()}`, {
    hint:
      program === 'docker' ? 'Install Docker, or name it by WRANGLER_DOCKER_BIN.' : 'Run npm ci.',
  });
}

async function readOutputs(file: string): Promise<WranglerOutput[]> {
  const written = (await readOptional(file)) ?? '';
  return written
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as WranglerOutput);
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
  async function run(program: string, file: string, args: readonly string[]): Promise<Executed> {
    const ended = await io.execute(file, args, { cwd: root, env });
    refuseMissing(program, ended);
    if (ended.code !== 0) throw failureOf(program, ended);
    return ended;
  }
  return {
    async wrangler(args) {
      const folder = await mkdtemp(join(tmpdir(), 'skclaw-wrangler-'));
      try {
        const output = join(folder, 'output.ndjson');
        const script = join(root, 'node_modules/wrangler/bin/wrangler.js');
        const ended = await io.execute(node, [script, ...args], {
          cwd: root,
          env: { ...env, WRANGLER_OUTPUT_FILE_PATH: output, WRANGLER_LOG_PATH: folder },
        });
        refuseMissing('wrangler', ended);
        const outputs = await readOutputs(output);
        if (ended.code !== 0) throw failureOf('wrangler', ended, outputs);
        return { stdout: ended.stdout, outputs };
      } finally {
        await rm(folder, { recursive: true, force: true });
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
