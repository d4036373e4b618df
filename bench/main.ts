import { parseArgs } from 'node:util';
import { type Findings, report } from './report.ts';
import { benchWake } from './wake.ts';

/** Exit codes: a bound is broken, and sysexits.h's "usage". */
const EXIT_BROKEN = 1;
const EXIT_USAGE = 64;

const BENCHES: Record<string, (options: { rounds?: number }) => Promise<Findings>> = {
  wake: benchWake,
};

const usage = `Usage: npm run bench -- <name> [--rounds N]\nBenches: ${Object.keys(BENCHES).join(', ')}`;

const command = readCommand();
if (command === null) {
  console.error(usage);
  process.exitCode = EXIT_USAGE;
} else {
  const findings = await command.bench({ rounds: command.rounds });
  if (!(await report(command.name, findings))) process.exitCode = EXIT_BROKEN;
}

function readCommand() {
  try {
    const options = { rounds: { type: 'string' } } as const;
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    const [name = ''] = positionals;
    const bench = BENCHES[name];
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const isCount = rounds === undefined || (Number.isSafeInteger(rounds) && rounds > 0);
    if (bench === undefined || positionals.length !== 1 || !isCount) return null;
    return { name, bench, rounds };
  } catch {
    return null;
  }
}
