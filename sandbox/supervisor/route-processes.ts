import { sendJson } from './http-answers.ts';
import type { Exchange } from './exchange.ts';
import { familyOf, listProcesses } from './processes.ts';

/** Processes that are told; a tool that forks without end is seen in the first ones. */
const MAX_PROCESSES = 500;

/** `GET /processes`: the supervisor and all below it, without their arguments. */
export async function handleProcesses({ response }: Exchange): Promise<void> {
  const all = (await listProcesses()) ?? [];
  const processes = familyOf(process.pid, all).slice(0, MAX_PROCESSES);
  sendJson(response, 200, { processes });
}
