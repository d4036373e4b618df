import { asAppError, AppError } from '../../contract/errors.ts';
import { AnsweredError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Progress } from '../progress.ts';
import { TRIGGERS_STAY, type DeployPlan, type StepName } from './plan.ts';

/** What one step did. */
export interface StepReport {
  name: StepName;
  status: 'done' | 'failed' | 'not_reached';
  ms: number;
  /** What was done or what went wrong, in words. */
  message: string;
}

export interface DeployReport {
  ok: boolean;
  environment: string;
  mode: DeployPlan['mode'];
  /** The version that was made; null when it did not come that far. */
  version: string | null;
  previousVersion: string | null;
  /** What became of the version before: it serves again, could not be put back, or was never moved. */
  rollback: 'done' | 'failed' | 'not_needed';
  steps: StepReport[];
}

/** What each step does; the answer says it in a few words. */
export type StepRunners = Readonly<Record<StepName, () => Promise<string>>>;

export interface ApplyOptions {
  plan: DeployPlan;
  runners: StepRunners;
  /** The version that was uploaded; null before. */
  version(): string | null;
  /** Whether the newest deployment is ours: going back would undo a release of somebody else. */
  isOurs(): Promise<boolean>;
  /** Puts the version before back to 100 %. */
  rollBack(): Promise<void>;
}

/** From here on requests may reach the new version, and a failure has to be undone. */
const UNDONE_FROM: readonly StepName[] = ['stage', 'check', 'release', 'triggers', 'smoke'];

const OTHERS = 'What serves is another release’s, and was left alone.';

function wordsOf(error: unknown): AppError {
  if (error instanceof AnsweredError) {
    const { code, message, hint, details } = error.body;
    const known = asAppError(Object.assign(new Error(message), { code, hint, details }));
    return known ?? new AppError('upstream_failed', message, { hint, details });
  }
  return (
    asAppError(error) ??
    new AppError('internal', 'skclaw met an error it does not know.', { cause: error })
  );
}

/** Runs a step unless somebody wants an end; what a signal broke off is told as that. */
async function runUnlessEnded(
  run: () => Promise<string>,
  ended: AbortSignal | undefined,
): Promise<string> {
  try {
    ended?.throwIfAborted();
    return await run();
  } catch (cause) {
    // Ctrl-C reaches the programs of a step too.
    throw ended?.aborted ? new AppError('interrupted', 'It was broken off.', { cause }) : cause;
  }
}

/**
 * Does the steps of a plan one after the other and stops at the first that fails. After a gradual
 * release has begun, a failure puts the version before back to 100 %. A signal is such a failure: it
 * ends the step under way or keeps the next from beginning, and never leaves a release half-way.
 * @returns what was done, and the failure when there is one.
 */
export async function applyPlan(
  io: Io,
  progress: Progress,
  options: ApplyOptions,
): Promise<{ report: DeployReport; failure: AppError | null }> {
  const { plan, runners } = options;
  const steps: StepReport[] = plan.steps.map(({ name }) => ({
    name,
    status: 'not_reached',
    ms: 0,
    message: '',
  }));
  let rollback: DeployReport['rollback'] = 'not_needed';
  let failure: AppError | null = null;
  const begun = new Set<StepName>();
  const held = io.holdSignals?.();
  held?.signal.addEventListener('abort', () =>
    progress.note('Breaking off: what was released is put back first.'),
  );
  for (const [index, { name, summary, onFailure }] of plan.steps.entries()) {
    const step = steps[index] as StepReport;
    const startedAt = io.now();
    try {
      step.message = await progress.step(
        summary,
        () =>
          runUnlessEnded(() => {
            begun.add(name);
            return runners[name]();
          }, held?.signal),
        (said) => said,
      );
      step.status = 'done';
    } catch (error) {
      const cause = wordsOf(error);
      step.status = 'failed';
      step.message = cause.message;
      const mayBeUndone = plan.mode === 'gradual' && UNDONE_FROM.includes(name);
      const isOurs = mayBeUndone && (await options.isOurs());
      if (isOurs) rollback = await rolledBack(progress, options);
      const left = isOurs
        ? leftAfter(rollback, plan, begun.has('triggers'))
        : mayBeUndone
          ? OTHERS
          : onFailure;
      failure = new AppError(
        cause.code,
        `Stopped at "${name}": ${cause.message.replace(/[.!?]?$/, '.')} ${left}`,
        {
          hint: cause.hint,
          details: cause.details,
          cause,
        },
      );
    }
    step.ms = io.now() - startedAt;
    if (failure) break;
  }
  held?.release();
  const { environment, mode, previousVersion } = plan;
  const version = options.version();
  return {
    report: { ok: failure === null, environment, mode, version, previousVersion, rollback, steps },
    failure,
  };
}

async function rolledBack(progress: Progress, { plan, rollBack }: ApplyOptions) {
  try {
    await progress.step(`Put version ${plan.previousVersion} back to 100 %`, rollBack);
    return 'done';
  } catch {
    return 'failed';
  }
}

function leftAfter(
  rollback: DeployReport['rollback'],
  plan: DeployPlan,
  isTriggered: boolean,
): string {
  const stays = isTriggered ? ` ${TRIGGERS_STAY}` : '';
  return rollback === 'done'
    ? `Version ${plan.previousVersion} is back at 100 %.${stays}`
    : `Version ${plan.previousVersion} could NOT be put back: run \`npx wrangler rollback ${plan.previousVersion} --name ${plan.worker}\`.`;
}
