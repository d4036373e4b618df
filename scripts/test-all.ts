import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureOpenClaw, ensureSite } from '../local/runner/prepare.ts';
import { endRun, stopOnSignals } from './end-run.ts';
import { runLintStages } from './lint-stages.ts';
import { runCommand } from './run-command.ts';
import { runStage, type StageEnd } from './stage.ts';
import { EMPTY, ONE_FAILED, sumTallies, tallyOfVitest, type Tally } from './tally.ts';

/** A deadline only to end a hang, ms. */
const VITEST_DEADLINE_MS = 2_400_000;
const say = (line: string): void => console.log(`      ${line}`);

/** A stage that only makes something ready: no check of its own, unless it fails. */
async function preparation(prepare: () => Promise<void>): Promise<StageEnd> {
  await prepare();
  return { tally: EMPTY, output: '' };
}

/** Runs some vitest projects and counts by the report they leave. */
async function vitest(projects: readonly string[]): Promise<StageEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'vitest-report-'));
  try {
    const report = join(folder, 'report.json');
    const flags = projects.map((project) => `--project ${project}`).join(' ');
    const reporters = `--reporter=default --reporter=json --outputFile.json="${report}"`;
    const command = `vitest run ${flags} ${reporters}`;
    const { code, output } = await runCommand(command, { deadlineMs: VITEST_DEADLINE_MS });
    const text = await readFile(report, 'utf8').catch(() => 'null');
    return { tally: tallyOfVitest(JSON.parse(text), code), output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const runOpenClawStage = (): Promise<Tally> =>
  runStage('openclaw', () => preparation(() => ensureOpenClaw(say)));

const runVitestStage = (projects: readonly string[]): Promise<Tally> =>
  runStage(projects.join(' + '), () => vitest(projects));

async function runFlowStage(build: Tally): Promise<Tally> {
  if (build.failed === 0) return runVitestStage(['flow']);
  console.log('FAIL  flow: not run, since the site it needs was not built');
  return ONE_FAILED;
}

/** The quick half: what needs neither the Workers runtime nor a running system. */
async function runUnit(): Promise<Tally[]> {
  return [await runOpenClawStage(), await runVitestStage(['node', 'site'])];
}

/** Every stage; one that fails does not keep the others from running. */
async function runAll(): Promise<Tally[]> {
  const openclaw = await runOpenClawStage();
  const build = await runStage('build', () => preparation(() => ensureSite(say)));
  // Beside each other: flows wait a good part of their time for what agents and browsers do.
  const ran = await Promise.all([runFlowStage(build), runWithoutSystem()]);
  return [openclaw, build, ...ran.flat()];
}

/** What needs no running system, the soonest to fail first. */
async function runWithoutSystem(): Promise<Tally[]> {
  return [
    await runLintStages(),
    await runVitestStage(['workers']),
    await runVitestStage(['cloud', 'node', 'site']),
  ];
}

const { values } = parseArgs({ options: { unit: { type: 'boolean', default: false } } });
stopOnSignals();
endRun(sumTallies(values.unit ? await runUnit() : await runAll()));
