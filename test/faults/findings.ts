/** The invariants that are checked, as the report names them. */
export const CHECKS = {
  acknowledged: 'every message is acknowledged in the end, always as the same turn',
  'once in the log': 'an acknowledged message has exactly one user event and exactly one end',
  answer: 'a final is the complete answer to its message; nothing is aborted that nobody stopped',
  stream: 'a member gets every event in order, none twice and none missing',
  log: 'a number missing in the stored log was a passing event of a turn',
  snapshot:
    'a stored snapshot is in R2 with its size and digest, unpacks, and its databases are sound',
  memory: 'a snapshot holds what was answered before it; only a killed container forgets',
  state: 'every agent comes to rest as ready or asleep, without an operator',
  refused: 'a PUT without a ticket, with a used one or one of an old generation is refused',
  forged: 'a forged snapshot stops the wake as restore_corrupt and damages nothing',
  schedule: 'a run of a schedule is one turn with one end',
  usage: 'every call that went upstream is one usage row, and no other row has tokens',
} as const;
export type Check = keyof typeof CHECKS;

export interface Failure {
  round: number;
  check: Check;
  tenant: string;
  what: string;
}

/** What was checked how often, and what did not hold. One failure is told once. */
export class Findings {
  readonly counts = new Map<Check, number>();
  readonly failures: Failure[] = [];
  round = 0;
  readonly #told = new Set<string>();

  /** Books one check. `what` tells what is wrong when it does not hold. */
  expect(holds: boolean, check: Check, tenant: string, what: () => string): void {
    this.counts.set(check, (this.counts.get(check) ?? 0) + 1);
    if (!holds) this.fail(check, tenant, what());
  }

  fail(check: Check, tenant: string, what: string): void {
    const key = `${check} ${tenant} ${what}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.failures.push({ round: this.round, check, tenant, what });
  }
}
