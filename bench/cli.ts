import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../local/runner/paths.ts';
import type { Findings } from './report.ts';
import { spreadOf } from './statistics.ts';

/** What `skclaw --help` may take from its start to its end, ms, in the median. */
const MAX_HELP_MS = 300;
/** Rounds unless told otherwise. */
const DEFAULT_ROUNDS = 10;

const SKCLAW = join(ROOT, 'dist/cli/skclaw.mjs');

const SIDES = {
  'node alone': [process.execPath, '--eval', '0'],
  'skclaw --help': [process.execPath, SKCLAW, '--help'],
  'skclaw env validate --help': [process.execPath, SKCLAW, 'env', 'validate', '--help'],
  'wrangler --help': [process.execPath, join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), '-h'],
} as const;
type Side = keyof typeof SIDES;
const NAMES = Object.keys(SIDES) as Side[];

/** One run of a program from its start to its end, ms; it must succeed. */
function timeOf([file = '', ...args]: readonly string[]): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8', cwd: ROOT });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - startedAt;
}

/** Measures how long skclaw takes to say its help, beside Node alone and beside wrangler. */
export function benchCli({ rounds = DEFAULT_ROUNDS }: { rounds?: number }): Promise<Findings> {
  const build = spawnSync(process.execPath, ['scripts/build-cli.mjs'], { cwd: ROOT });
  if (build.status !== 0) throw new Error(`skclaw could not be built: ${build.stderr.toString()}`);
  const measured = Object.fromEntries(NAMES.map((name) => [name, [] as number[]])) as Record<
    Side,
    number[]
  >;
  // The page cache is filled before anything counts.
  for (const name of NAMES) timeOf(SIDES[name]);
  for (let round = 0; round < rounds; round++)
    for (const name of NAMES) measured[name].push(timeOf(SIDES[name]));
  const spreads = NAMES.map((name) => ({ name, ...spreadOf(measured[name]) }));
  return Promise.resolve({
    notes: [
      `Start to end of each program, ms, ${rounds} rounds in turn, Node ${process.version}.`,
      `The bundle has ${Math.round(statSync(SKCLAW).size / 1_024)} KiB.`,
    ],
    table: spreads.map(({ name, min, median, max }) => ({
      side: name,
      min: min.toFixed(0),
      median: median.toFixed(0),
      max: max.toFixed(0),
    })),
    bounds: [
      {
        name: 'skclaw --help, median, ms',
        measured: spreads.find(({ name }) => name === 'skclaw --help')?.median ?? NaN,
        limit: MAX_HELP_MS,
      },
    ],
    details: measured,
  });
}
