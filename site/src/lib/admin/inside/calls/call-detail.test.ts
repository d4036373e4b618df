import { expect, test } from 'vitest';
import type { AttemptView, CallView } from '../../../../../../contract/agent-calls.ts';
import type { UsageRow } from '../../../../../../contract/usage.ts';
import { isByRules, mergeCall, readCall } from './call-detail.ts';
import { insideApi } from '../inside-api.ts';

const row = (attempt: number, changed: Partial<UsageRow> = {}): UsageRow => ({
  id: `call.${attempt}`,
  tenant_id: 't',
  call_id: 'call',
  attempt,
  source: 'sandbox',
  platform: 'streamkinetics.com',
  tier: 'free',
  workload: 'chat',
  model: 'model-a',
  policy_version: 7,
  tokens_in: 10,
  tokens_out: 5,
  tokens_cached: 0,
  cost_nano: 26,
  price_version: 'p',
  latency_ms: 300,
  first_byte_ms: null,
  status: 200,
  outcome: 'ok',
  settled_by: 'exact',
  log_id: null,
  session_id: 'session-1',
  turn_id: null,
  created_at: 1,
  settled_at: 2,
  ...changed,
});
const attempt = (n: number, changed: Partial<AttemptView> = {}): AttemptView => ({
  id: `call.${n}`,
  attempt: n,
  state: 'open',
  model: 'model-b',
  policyVersion: 7,
  outcome: null,
  settledBy: null,
  status: null,
  firstByteMs: null,
  latencyMs: 0,
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  costNano: 0,
  reservedNano: 9,
  logId: null,
  lookupAt: null,
  lookups: 0,
  createdAt: 3,
  settledAt: null,
  ...changed,
});
const call = (...attempts: AttemptView[]): CallView => ({
  id: 'call',
  state: 'open',
  source: 'sandbox',
  platform: 'streamkinetics.com',
  tier: 'free',
  workload: 'chat',
  sessionId: 'session-1',
  turnId: null,
  createdAt: 1,
  attempts,
});

test('a call that is booked in part has the rest from its agent, in order, and the books hold', () => {
  const merged = mergeCall(call(attempt(1, { state: 'final' }), attempt(2)), [
    row(1, { outcome: 'timeout', status: null }),
  ]);
  expect(merged?.attempts).toMatchObject([
    { id: 'call.1', state: 'flushed', outcome: 'timeout', model: 'model-a' },
    { id: 'call.2', state: 'open', model: 'model-b' },
  ]);
  expect(merged?.state).toBe('open');
});

test('a call that its agent has forgotten is what the books have of it', () => {
  const booked = mergeCall(null, [row(1), row(2)]);
  expect(booked).toMatchObject({ id: 'call', state: 'flushed', sessionId: 'session-1' });
  expect(booked?.attempts.map(({ attempt: n }) => n)).toEqual([1, 2]);
  expect(mergeCall(null, [])).toBeNull();
});

const EXPLAINED = {
  ok: true,
  route: {
    rule: 0,
    model: 'model-a',
    fallback: null,
    firstByteTimeoutMs: 20_000,
    maxOutputTokens: 1_000,
    policyVersion: 7,
  },
  explanation: 'Rule 1 won.',
  considered: [],
  models: [],
};

function apiWith(explain: () => Response) {
  const asked: unknown[] = [];
  const api = insideApi(async (path, init) => {
    if (path.endsWith('/explain')) {
      asked.push(JSON.parse(String(init?.body)));
      return explain();
    }
    if (path.includes('/agents/')) return Response.json({ calls: [], more: false });
    return Response.json({ rows: [row(1)] });
  }, 'acme');
  return { api, asked };
}

test('why is asked of the policy that was in force for the call', async () => {
  const { api, asked } = apiWith(() => Response.json(EXPLAINED));
  const detail = await readCall(api, 'call');
  expect(asked).toEqual([
    { version: 7, tier: 'free', workload: 'chat', platform: 'streamkinetics.com' },
  ]);
  expect(detail && isByRules(detail)).toBe(true);
  const other = { ...EXPLAINED, route: { ...EXPLAINED.route, model: 'model-z' } };
  const named = await readCall(apiWith(() => Response.json(other)).api, 'call');
  expect(named && isByRules(named)).toBe(false);
});

test('a call is shown though nobody can say why any more', async () => {
  const gone = { error: { code: 'not_found', message: 'There is no such policy.' } };
  const detail = await readCall(apiWith(() => Response.json(gone, { status: 404 })).api, 'call');
  expect(detail).toMatchObject({ call: { id: 'call' }, route: null });
});
