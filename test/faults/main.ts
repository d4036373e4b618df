/**
 * Kills and cuts the full local system at named points, and checks that nothing is lost or doubled:
 * `npm run faults -- --seed N --rounds R [--real] [--off idempotency|ticket|digest]`, and for the
 * ledger `npm run faults -- metering --kills K --calls N [--off intent|unique]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../local/runner/paths.ts';
import { freePort } from '../support/free-port.ts';
import { settleIn } from './ballast.ts';
import { checkUsage } from './check-usage.ts';
import { Findings } from './findings.ts';
import { runMetering } from './metering/index.ts';
import { makePlan, planLines, type PhaseLengths } from './plan.ts';
import { nameOf, POINTS } from './points.ts';
import { makeReport, reportLines, writeReport } from './report.ts';
import { playRound, type Progress } from './round.ts';
import { runWithout } from './without.ts';
import { startWorld, type World } from './world.ts';

/** How long the phases last, from their first sign on, ms. */
const LENGTHS: Record<'double' | 'real', PhaseLengths> = {
  double: { turn: 600, schedule: 600, checkpoint: 60, restore: 1, boot: 300, drain: 150 },
  real: { turn: 2_500, schedule: 2_500, checkpoint: 150, restore: 1, boot: 8_000, drain: 1_500 },
};
/** Tenants, and the pace of answers: a turn takes about a second, with the real OpenClaw three. */
const SCALE = {
  double: { tenants: 3, tokensPerSecond: 60, idleMs: 12_000 },
  real: { tenants: 2, tokensPerSecond: 20, idleMs: 60_000 },
};

/** Where reports go, unless told otherwise. */
const REPORTS = join(ROOT, '.local/faults');

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '20' },
  real: { type: 'boolean', default: false },
  off: { type: 'string' },
  /** Which protection this copy of the project lacks; set by --off. */
  without: { type: 'string' },
  /** Only the points whose name contains this. */
  only: { type: 'string', default: '' },
  port: { type: 'string' },
  reports: { type: 'string', default: REPORTS },
  keep: { type: 'boolean', default: false },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

process.exitCode = await main(process.argv.slice(2));

function main(args: string[]): Promise<number> {
  if (args[0] === 'metering') return runMetering(args.slice(1), REPORTS);
  const { values } = parseArgs({ args, options: OPTIONS });
  const { off, seed, rounds, real, only, reports } = values;
  if (off === undefined) return run(values);
  return runWithout(off, {
    among: ['idempotency', 'ticket', 'digest'],
    args: ['--seed', seed, '--rounds', rounds, '--only', only, '--reports', reports].concat(
      real ? ['--real'] : [],
    ),
  });
}

async function run(values: Values): Promise<number> {
  const seed = wholeNumber(values, 'seed');
  const rounds = wholeNumber(values, 'rounds');
  const kind = values.real ? 'real' : 'double';
  const { tenants } = SCALE[kind];
  const points = POINTS.filter((point) => nameOf(point).includes(values.only));
  const plan = makePlan({ seed, rounds, tenants, lengths: LENGTHS[kind], points });
  console.log(`seed ${seed}: ${rounds} rounds on ${tenants} tenants, OpenClaw: ${kind}`);
  for (const line of planLines(plan)) console.log(line);

  const started = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'skm-faults-'));
  const port = values.port === undefined ? await freePort() : Number(values.port);
  const findings = new Findings();
  const progress: Progress = { findings, hits: new Map(), unpacked: new Map(), ends: new Map() };
  let world: World | null = null;
  let isGood = false;
  try {
    world = await startWorld({ dir, port, isReal: values.real, ...SCALE[kind] });
    await Promise.all(world.subjects.map(settleIn));
    for (const [index, round] of plan.entries()) {
      const at = Date.now();
      findings.round = index + 1;
      await playRound(world, round, progress);
      const seconds = ((Date.now() - at) / 1000).toFixed(1);
      console.log(`round ${index + 1}: ${seconds} s, ${findings.failures.length} failures so far`);
    }
    await checkUsage(world, findings);
  } finally {
    const report = makeReport(
      { seed, rounds, real: values.real, off: values.without ?? null, ms: Date.now() - started },
      { points, isDealt: rounds * tenants >= points.length, progress },
    );
    for (const line of reportLines(report)) console.log(line);
    const name = values.without === undefined ? `${seed}` : `${seed}-without-${values.without}`;
    const file = join(values.reports, `${name}.json`);
    await writeReport(file, report);
    console.log(`the report is in ${file}`);
    await world?.close();
    isGood = report.isGood;
    if (isGood && !values.keep) await rm(dir, { recursive: true, force: true });
    else console.log(`what the system left is in ${dir}`);
  }
  return isGood ? 0 : 1;
}

function wholeNumber(values: Values, name: 'seed' | 'rounds'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} is a whole number above 0`);
}
