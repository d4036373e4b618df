import { endRunning } from './run-command.ts';
import { summaryLine, type Tally } from './tally.ts';

/** Exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

async function stop(): Promise<void> {
  await endRunning();
  process.exit(INTERRUPTED);
}

/** Makes Ctrl-C and a plain kill end what runs before the runner itself. */
export function stopOnSignals(): void {
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
}

/** Prints the summary as the last line and sets the exit code by it. */
export function endRun(tally: Tally): void {
  console.log(`\n${summaryLine(tally)}`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}
