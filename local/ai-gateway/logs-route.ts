import { refuseCaller } from './admission.ts';
import type { Exchange } from './exchange.ts';
import { sendJson, sendRefusal } from './http-io.ts';
import {
  detailedEntry,
  listedEntry,
  parseLogQuery,
  queryLogs,
  type LogQuery,
} from './log-query.ts';
import { envelopeRefusal, type Refusal } from './refusal.ts';

/** `GET …/ai-gateway/gateways/{gateway}/logs` and `…/logs/{id}`. */
export function handleLogs(
  { state, req, res }: Exchange,
  path: { accountId: string; gatewayId: string; logId: string | null; params: URLSearchParams },
): void {
  const refuse = (refusal: Refusal) => sendRefusal(req, res, refusal);
  const caller = refuseCaller(state.identity, path.accountId, req.headers);
  if (caller) return refuse(caller);
  if (!state.logLookupAvailable) {
    return refuse(envelopeRefusal(503, 10_013, 'The log look-up is switched off.'));
  }
  if (path.gatewayId !== state.identity.gatewayId) {
    return refuse(envelopeRefusal(404, 7002, 'AI Gateway not found'));
  }
  const now = Date.now();
  if (path.logId !== null) {
    const entry = state.log.get(path.logId, now);
    if (!entry) return refuse(envelopeRefusal(404, 7002, 'Log not found'));
    return sendJson(res, 200, envelope(detailedEntry(entry)));
  }
  let query: LogQuery;
  try {
    query = parseLogQuery(path.params);
  } catch (error) {
    if (error instanceof TypeError) return refuse(envelopeRefusal(400, 7001, error.message));
    throw error;
  }
  const { page, total } = queryLogs(state.log.list(now), query);
  sendJson(res, 200, {
    ...envelope(page.map(listedEntry)),
    result_info: {
      page: query.page,
      per_page: query.per_page,
      count: page.length,
      total_count: total,
    },
  });
}

function envelope(result: unknown) {
  return { success: true, errors: [], messages: [], result };
}
