import type { SandboxAnswer } from '../../../../../../contract/agent-sandbox.ts';
import { ApiError } from '../../../api/http.ts';
import type { AgentApi } from '../agent-api.ts';

/** How often the supervisor of an agent that is awake is asked, ms. */
export const LOOK_EVERY_MS = 10_000;

/** What an agent's sandbox says of itself; null is "not known". */
export class SandboxLook {
  answer = $state.raw<SandboxAnswer | null>(null);
  readonly #api: Pick<AgentApi, 'sandbox'>;

  constructor(api: Pick<AgentApi, 'sandbox'>) {
    this.#api = api;
  }

  /** Asks; without an answer what was known is not known any more. */
  async ask(): Promise<void> {
    try {
      this.answer = await this.#api.sandbox();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.answer = this.answer && { ...this.answer, sandbox: null };
    }
  }
}
