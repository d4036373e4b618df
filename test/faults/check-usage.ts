import { setTimeout as pause } from 'node:timers/promises';
import type { Findings } from './findings.ts';
import { ageAttempts, storedAttempts, usageRows } from './store-files.ts';
import type { World } from './world.ts';

/** Later than an attempt may last: then the sweep looks up what has become of it, ms. */
const AGE_MS = 11 * 60_000;
/** Look-ups take a second; longer is a hang, ms. */
const SWEPT_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/**
 * Lets the books be closed as if eleven minutes had passed, and compares them with what went upstream:
 * one row for each call, with its tokens.
 */
export async function checkUsage(world: World, findings: Findings): Promise<void> {
  const { system, subjects, models } = world;
  await system.worker.stop('SIGKILL');
  for (const { file } of subjects) ageAttempts(file, AGE_MS);
  await world.killWorker();
  const deadline = Date.now() + SWEPT_TIMEOUT_MS;
  for (const { tenantId } of subjects) await system.admin.call('POST', `/agents/${tenantId}/flush`);
  while (missing(world).length > 0 && Date.now() < deadline) {
    await pause(POLL_MS);
    for (const { tenantId } of subjects)
      await system.admin.call('POST', `/agents/${tenantId}/flush`);
  }
  const rows = new Map(usageRows(system.stateDir).map((row) => [row.id, row]));
  for (const id of models.repeated)
    findings.fail('usage', 'all', `the attempt ${id} went up twice`);
  for (const [id, call] of models.calls) {
    const row = rows.get(id);
    const usage = call.usage ?? { tokensIn: 0, tokensOut: 0 };
    const isExact = row?.tokens_in === usage.tokensIn && row?.tokens_out === usage.tokensOut;
    findings.expect(isExact, 'usage', 'all', () => {
      const booked = row ? `${row.tokens_in}+${row.tokens_out} (${row.settled_by})` : 'no row';
      return `${id} used ${usage.tokensIn}+${usage.tokensOut} (${call.outcome}), and has ${booked}`;
    });
  }
  for (const row of rows.values())
    findings.expect(
      models.calls.has(row.id) || row.tokens_in + row.tokens_out === 0,
      'usage',
      'all',
      () => {
        return `${row.id} is booked as ${row.settled_by}, and never went upstream`;
      },
    );
  for (const subject of subjects)
    for (const { id, state } of storedAttempts(subject.file))
      findings.expect(
        state === 'flushed' || state === 'final' || !models.calls.has(id),
        'usage',
        subject.slug,
        () => `the attempt ${id} went upstream and is still ${state}`,
      );
}

function missing({ models, system }: World): string[] {
  const booked = new Set(usageRows(system.stateDir).map(({ id }) => id));
  return [...models.calls.keys()].filter((id) => !booked.has(id));
}
