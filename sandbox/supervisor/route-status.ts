import { HttpError, sendJson } from './http-answers.ts';
import type { Exchange } from './exchange.ts';
import { readMemory } from './memory.ts';
import { isHealthy } from './health.ts';

/** How long a status poll is held: below the 30 s watchdog of the agent that asks. */
const STATUS_HOLD_MS = 20_000;

/**
 * `GET /status?since=<rev>`: at once, or when the revision moves on, or after STATUS_HOLD_MS. With
 * `?check` it also asks OpenClaw whether it still answers.
 */
export async function handleStatus({ url, response, supervisor }: Exchange): Promise<void> {
  const { board } = supervisor;
  const since = readSince(url.searchParams.get('since'));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await board.changedSince(since, { timeoutMs: STATUS_HOLD_MS, signal: gone.signal });
  const memory = await readMemory(board.current.openclaw.pid);
  const { gatewayPort } = supervisor;
  const isAsked = url.searchParams.has('check') && gatewayPort !== null;
  const healthy = isAsked ? await isHealthy(gatewayPort) : null;
  const status = board.current;
  sendJson(response, 200, { ...status, memory, openclaw: { ...status.openclaw, healthy } });
}

function readSince(text: string | null): number | null {
  if (text === null || text === '') return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new HttpError(400, 'bad_request', 'since must be a revision number.');
}
