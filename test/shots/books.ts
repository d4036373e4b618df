import { DatabaseSync } from 'node:sqlite';
import { costNano } from '../../contract/models.ts';
import { monthStart } from '../../contract/months.ts';
import { agentFile, d1File } from '../faults/store-files.ts';

const DAY_MS = 86_400_000;
/** Days that are booked: half of the longest range of the usage page. */
const DAYS = 45;
/** Tokens of a usual call: OpenClaw's prompts are long, its answers are not. */
const CALL = { tokensIn: 14_200, tokensOut: 420, tokensCached: 0 };
const CALLS_A_DAY = 260;
const WORK = [
  { model: '@cf/moonshotai/kimi-k2.6', workload: 'chat', share: 1 },
  { model: '@cf/zai-org/glm-4.7-flash', workload: 'monitor', share: 0.35 },
  { model: '@cf/zai-org/glm-4.7-flash', workload: 'summarize', share: 0.22 },
];

/** How busy a day was: weekends are quiet, and every run of this draws the same picture. */
function busyness(day: number): number {
  const weekday = new Date(day).getUTCDay();
  const wave = 0.75 + 0.35 * Math.sin(day / DAY_MS / 2.3) + 0.2 * Math.sin(day / DAY_MS / 0.71);
  return (weekday === 0 || weekday === 6 ? 0.2 : 1) * Math.max(0.1, wave);
}

/** Books some weeks of work of a tenant, behind the back of a Worker that does not run. */
export function bookHistory(stateDir: string, tenantId: string, now: number): void {
  const today = now - (now % DAY_MS);
  const month = monthStart(now);
  let spentNano = 0;
  using books = new DatabaseSync(d1File(stateDir));
  const insert = books.prepare(
    `INSERT OR REPLACE INTO usage_daily (day, tenant_id, platform, tier, workload, model, attempts,
      failures, tokens_in, tokens_out, tokens_cached, cost_nano)
     VALUES (?, ?, 'streamkinetics.com', 'premium', ?, ?, ?, ?, ?, ?, 0, ?)`,
  );
  for (let day = today - DAYS * DAY_MS; day < today; day += DAY_MS) {
    for (const { model, workload, share } of WORK) {
      const calls = Math.round(CALLS_A_DAY * share * busyness(day));
      const [tokensIn, tokensOut] = [calls * CALL.tokensIn, calls * CALL.tokensOut];
      const cost = calls * costNano(model, CALL);
      insert.run(
        day,
        tenantId,
        workload,
        model,
        calls,
        Math.floor(calls / 140),
        tokensIn,
        tokensOut,
        cost,
      );
      if (day >= month) spentNano += cost;
    }
  }
  meter(agentFile(stateDir, tenantId), { today, month, spentNano });
}

/** What the agent itself has counted of the same. */
function meter(
  file: string,
  { today, month, spentNano }: { today: number; month: number; spentNano: number },
): void {
  using agent = new DatabaseSync(file);
  const meters = {
    minute: { start: 0, calls: 0, turns: 0 },
    day: { start: today, tokens: 1_180_000, heldTokens: 0 },
    month: { start: month, nano: spentNano, heldNano: 0, percent: 0 },
    held: 0,
  };
  agent
    .prepare(`INSERT OR REPLACE INTO cells (key, value) VALUES ('meters', ?)`)
    .run(JSON.stringify(meters));
}
