import { ApiError } from './api-error.ts';
import type { Exec } from './exec.ts';
import type { ProcessContainer } from './process-container.ts';

/** Commands that may run at once in one container. */
export const MAX_RUNNING_EXECS = 32;
/** Finished ones kept for inspection, over all containers: a caller asks for the exit code right after the end. */
const MAX_KEPT_EXECS = 512;

/** All execs by id, bounded. */
export class ExecStore {
  readonly #execs = new Map<string, Exec>();

  add(exec: Exec): void {
    const own = [...this.#execs.values()].filter(({ container }) => container === exec.container);
    if (own.filter(({ exitCode }) => exitCode === null).length >= MAX_RUNNING_EXECS) {
      throw new ApiError(409, `more than ${MAX_RUNNING_EXECS} commands in one container`);
    }
    this.#execs.set(exec.spec.id, exec);
    for (const [id, { exitCode }] of this.#execs) {
      if (this.#execs.size <= MAX_KEPT_EXECS) break;
      if (exitCode !== null) this.#execs.delete(id);
    }
  }

  get(id: string): Exec {
    const exec = this.#execs.get(id);
    if (!exec) throw new ApiError(404, `no such exec: ${id}`);
    return exec;
  }

  /** Ends and forgets everything that runs in a container. */
  endAll(container: ProcessContainer): void {
    for (const [id, exec] of this.#execs) {
      if (exec.container !== container) continue;
      exec.kill();
      this.#execs.delete(id);
    }
  }
}
