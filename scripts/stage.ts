import { performance } from 'node:perf_hooks';
import { runCommand, type CommandEnd } from './run-command.ts';
import { ONE_FAILED, ONE_PASSED, stageLine, type Tally } from './tally.ts';

/** How often a stage that takes long says that it still runs, ms. */
const STILL_RUNNING_MS = 30_000;

/** What a stage came to, and what to show of it when that is a failure. */
export interface StageEnd {
  tally: Tally;
  output: string;
}

/** Runs one stage with a line when it starts, one when it ends and some between. It never throws. */
export async function runStage(name: string, stage: () => Promise<StageEnd>): Promise<Tally> {
  const startedAt = performance.now();
  const elapsedMs = (): number => performance.now() - startedAt;
  console.log(`      ${name} …`);
  const still = setInterval(
    () => console.log(`      ${name}: still running, ${Math.round(elapsedMs() / 1000)} s`),
    STILL_RUNNING_MS,
  );
  const { tally, output } = await stage().catch((error: unknown): StageEnd => ({
    tally: ONE_FAILED,
    output: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }));
  clearInterval(still);
  if (tally.failed > 0) console.log(`\n──── ${name}\n${output.trim()}\n────`);
  console.log(stageLine(name, tally, elapsedMs()));
  return tally;
}

/** A stage that is one command, and one check: its exit code. */
export async function commandStage(command: string, deadlineMs: number): Promise<StageEnd> {
  const { code, output }: CommandEnd = await runCommand(command, { deadlineMs });
  return { tally: code === 0 ? ONE_PASSED : ONE_FAILED, output };
}
