import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../local/runner/paths.ts';
import { commandStage, runStage } from './stage.ts';
import { sumTallies, type Tally } from './tally.ts';

/** Lint steps at one time: the type checks are what takes long, and there are two of them. */
const LINT_STEPS_AT_ONCE = 2;
/** A deadline only to end a hang, ms. */
const LINT_STEP_DEADLINE_MS = 300_000;

const manifest = z.object({ scripts: z.record(z.string(), z.string()) });

/** The steps of the lint gate: package.json's scripts whose names begin with `lint:`, in order. */
export async function lintSteps(): Promise<[name: string, command: string][]> {
  const text = await readFile(join(ROOT, 'package.json'), 'utf8');
  const { scripts } = manifest.parse(JSON.parse(text));
  return Object.entries(scripts).filter(([name]) => name.startsWith('lint:'));
}

/** Runs the lint gate; each step is one check. */
export async function runLintStages(): Promise<Tally> {
  const steps = (await lintSteps()).values();
  const tallies: Tally[] = [];
  const work = async (): Promise<void> => {
    for (const [name, command] of steps) {
      tallies.push(await runStage(name, () => commandStage(command, LINT_STEP_DEADLINE_MS)));
    }
  };
  await Promise.all(Array.from({ length: LINT_STEPS_AT_ONCE }, work));
  return sumTallies(tallies);
}
