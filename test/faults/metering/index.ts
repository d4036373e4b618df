import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { freePort } from '../../support/free-port.ts';
import { Prng } from '../prng.ts';
import { writeReport } from '../report.ts';
import { runWithout } from '../without.ts';
import { readBooks } from './books.ts';
import { checkBooks } from './check-books.ts';
import { closeBooks } from './close-books.ts';
import { planKills } from './kill-plan.ts';
import { runLoad } from './load.ts';
import { makeReport, reportLines, type MeteringReport } from './report.ts';
import { startStage } from './stage.ts';

const count = (most: number) => z.coerce.number().int().positive().max(most);
const options = z.object({
  seed: count(1_000_000),
  kills: count(1_000),
  // The stand-in keeps the log of so many attempts, and a call makes up to two.
  calls: count(50_000),
  tenants: count(50),
  concurrency: count(200),
  without: z.string().optional(),
  reports: z.string(),
  keep: z.boolean(),
});

/**
 * Kills the system while programs make model calls, and checks that each attempt upstream is booked
 * exactly once. Answers the exit code.
 */
export async function runMetering(args: readonly string[], reports: string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '20' },
      calls: { type: 'string', default: '10000' },
      tenants: { type: 'string', default: '4' },
      concurrency: { type: 'string', default: '8' },
      off: { type: 'string' },
      /** Which protection this copy of the project lacks; set by --off. */
      without: { type: 'string' },
      reports: { type: 'string', default: reports },
      keep: { type: 'boolean', default: false },
    },
  });
  const { off, keep: _, without: __, ...passedOn } = values;
  if (off !== undefined)
    return runWithout(off, {
      among: ['intent', 'unique'],
      args: [
        'metering',
        ...Object.entries(passedOn).flatMap(([name, value]) => [`--${name}`, value]),
      ],
    });
  const run = options.parse(values);
  const dir = await mkdtemp(join(tmpdir(), 'skm-metering-'));
  let isGood = false;
  try {
    const report = await play(run, dir);
    for (const line of reportLines(report)) console.log(line);
    const name = ['metering', run.seed, ...(run.without ? ['without', run.without] : [])].join('-');
    const file = join(run.reports, `${name}.json`);
    await writeReport(file, report);
    console.log(`the report is in ${file}`);
    isGood = report.isGood;
  } finally {
    if (run.keep || (!isGood && !run.without)) console.log(`what the system left is in ${dir}`);
    else await rm(dir, { recursive: true, force: true });
  }
  return isGood ? 0 : 1;
}

async function play(run: z.infer<typeof options>, dir: string): Promise<MeteringReport> {
  const { seed, calls, tenants, concurrency } = run;
  const started = Date.now();
  const kills = planKills(new Prng(seed), run);
  console.log(`seed ${seed}: ${calls} calls on ${tenants} tenants, ${kills.length} kills`);
  const stage = await startStage({ dir, port: await freePort(), tenants });
  try {
    const load = await runLoad(stage, { seed, calls, concurrency, kills });
    console.log(`closing the books after ${((Date.now() - started) / 1000).toFixed(0)} s`);
    await closeBooks(stage);
    const books = readBooks(stage);
    const failures = checkBooks(stage.witness, books);
    const { size: attempts } = stage.witness.seen;
    const ms = Date.now() - started;
    const off = run.without ?? null;
    return makeReport({ seed, off, ms, attempts }, { load, books, failures });
  } finally {
    await stage.close();
  }
}
