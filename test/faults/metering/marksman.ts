import { setTimeout as pause } from 'node:timers/promises';
import { d1File } from '../store-files.ts';
import type { Aim, PlannedKill } from './kill-plan.ts';
import { killWhenBooked } from './row-watch.ts';
import type { Stage } from './stage.ts';

/** A moment that does not come within this time is not waited for any more, ms: flushes are 2 s apart. */
const MAX_AIM_MS = 6_000;
/** A look-up comes about a second after its attempt broke (FIRST_LOOKUP_MS), and takes a few ms. */
const SWEEP_AFTER_MS = 1_000;
const SWEEP_LASTS_MS = 60;

export interface Shot {
  aim: Aim;
  /** Whether the moment came; else it was killed at any. */
  isHit: boolean;
  /** Attempts upstream that the kill has cut. */
  open: number;
}

/** Waits for the moment that a kill is aimed at, kills the Worker in it, and has it start again. */
export async function shoot(stage: Stage, kill: PlannedKill): Promise<Shot> {
  const { aim, delayMs } = kill;
  const { system, witness } = stage;
  let restarted: Promise<void> | undefined;
  let open = 0;
  const fire = (): void => {
    open = witness.open;
    restarted ??= stage.kill();
  };
  let isHit = true;
  if (aim === 'anywhen') await pause(delayMs);
  else if (aim === 'booked') {
    const file = d1File(system.stateDir);
    isHit = await killWhenBooked({ file, group: system.worker.pid, timeoutMs: MAX_AIM_MS });
  } else isHit = await atMoment(stage, aim, fire);
  if (aim === 'swept') await pause(SWEEP_AFTER_MS + (delayMs % SWEEP_LASTS_MS));
  if (!restarted) fire();
  await restarted;
  return { aim, isHit, open };
}

/** Fires in the very step in which the stand-in comes to a moment, unless it is only to be told. */
function atMoment(
  stage: Stage,
  aim: 'received' | 'answered' | 'swept',
  fire: () => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), MAX_AIM_MS);
    stage.witness.once(aim === 'swept' ? 'broken' : aim, () => {
      clearTimeout(timer);
      if (aim !== 'swept') fire();
      resolve(true);
    });
  });
}
