import { parseArgs } from 'node:util';
import { benchAdmin } from './admin.ts';
import { benchCli } from './cli.ts';
import { benchChatPage } from './chat-page.ts';
import { benchModelPath } from './model-path.ts';
import { type Findings, report } from './report.ts';
import { benchSchedules } from './schedules.ts';
import { benchSnapshots } from './snapshots.ts';
import { benchWake } from './wake.ts';

/** Exit codes: a bound is broken, and sysexits.h's "usage". */
const EXIT_BROKEN = 1;
const EXIT_USAGE = 64;

interface BenchOptions {
  rounds?: number;
  /** The real OpenClaw, where a bench uses the double otherwise. */
  real?: boolean;
  /** State on the disk, where a bench keeps it in memory otherwise. */
  disk?: boolean;
}

const BENCHES: Record<string, (options: BenchOptions) => Promise<Findings>> = {
  wake: benchWake,
  schedules: benchSchedules,
  snapshots: benchSnapshots,
  'model-path': benchModelPath,
  cli: benchCli,
  'chat-page': benchChatPage,
  admin: benchAdmin,
};

const usage = `Usage: npm run bench -- <name> [--rounds N] [--real] [--disk]\nBenches: ${Object.keys(BENCHES).join(', ')}`;

const command = readCommand();
if (command === null) {
  console.error(usage);
  process.exitCode = EXIT_USAGE;
} else {
  const findings = await command.bench(command.options);
  if (!(await report(command.name, findings))) process.exitCode = EXIT_BROKEN;
}

function readCommand() {
  try {
    const options = {
      rounds: { type: 'string' },
      real: { type: 'boolean' },
      disk: { type: 'boolean' },
    } as const;
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    const [name = ''] = positionals;
    const bench = BENCHES[name];
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const isCount = rounds === undefined || (Number.isSafeInteger(rounds) && rounds > 0);
    if (bench === undefined || positionals.length !== 1 || !isCount) return null;
    return {
      name,
      bench,
      options: { rounds, real: values.real ?? false, disk: values.disk ?? false },
    };
  } catch {
    return null;
  }
}
