import { Prng } from '../prng.ts';
import { drawCall, type CallPlan } from './call-plan.ts';
import type { PlannedKill } from './kill-plan.ts';
import { shoot, type Shot } from './marksman.ts';
import { makeCall, type CallEnd } from './program.ts';
import type { Stage } from './stage.ts';

/** Faults that wait at the stand-in for their call; more are left over from calls that never came. */
const MAX_WAITING_FAULTS = 40;

export interface LoadOptions {
  seed: number;
  calls: number;
  concurrency: number;
  kills: readonly PlannedKill[];
}

export interface LoadResult {
  /** What became of the calls, as their callers saw it. */
  ends: Map<CallEnd, number>;
  shots: Shot[];
}

/**
 * Keeps calls going, so many at a time, and kills the Worker in between, until all calls were made
 * and all kills happened. A caller whose connection breaks makes another call, never the same again.
 */
export async function runLoad(stage: Stage, options: LoadOptions): Promise<LoadResult> {
  const { seed, calls, concurrency, kills } = options;
  const ends = new Map<CallEnd, number>();
  const shots: Shot[] = [];
  const waiting: { atCall: number; begin: () => void }[] = [];
  let made = 0;
  const over = new AbortController();

  const reached = (atCall: number): Promise<void> =>
    new Promise((begin) => {
      if (made >= atCall) begin();
      else waiting.push({ atCall, begin });
    });
  const count = (end: CallEnd): void => {
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if (end === 'unreachable') return;
    made += 1;
    while (waiting[0] && made >= waiting[0].atCall) waiting.shift()?.begin();
  };
  const program = async (n: number): Promise<void> => {
    const prng = new Prng(seed * 1_000 + n);
    const customer = stage.customers[n % stage.customers.length];
    if (!customer) return;
    while (!over.signal.aborted) {
      await stage.isUp();
      const plan = drawCall(prng);
      armFault(stage, customer.tenantId, plan);
      count(await makeCall(customer, plan));
    }
  };
  const programs = Array.from({ length: concurrency }, (_, n) => program(n));
  try {
    for (const [n, kill] of kills.entries()) {
      await reached(kill.atCall);
      const shot = await shoot(stage, kill);
      shots.push(shot);
      const missed = shot.isHit ? '' : ', missed';
      console.log(
        `kill ${n + 1} after ${made} calls (${shot.aim}${missed}), ${shot.open} attempts under way`,
      );
    }
    await reached(calls);
  } finally {
    over.abort();
    await Promise.all(programs);
  }
  return { ends, shots };
}

function armFault({ gateway }: Stage, tenant: string, { fault, stream }: CallPlan): void {
  if (!fault || gateway.faults().length >= MAX_WAITING_FAULTS) return;
  gateway.addFault({ match: { tenant, stream }, times: 1, fault });
}
