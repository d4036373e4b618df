import { setTimeout as sleep } from 'node:timers/promises';
import { createdApiKey, type CreateApiKeyBody } from '../../contract/api-keys.ts';
import { usageList } from '../../contract/api.ts';
import type { UsageRow } from '../../contract/usage.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { askOk } from './loopback.ts';

/** A usage row that is not in D1 by then never will be, ms. */
const BOOKED_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/** A new API key of a tenant, made by an operator by path. */
export async function newApiKey(
  url: string,
  slug: string,
  body: Partial<CreateApiKeyBody> = {},
): Promise<{ id: string; key: string; baseURL: string }> {
  const made = await askOk(`${url}/t/${slug}/api/keys`, {
    method: 'POST',
    body: { name: 'A program', ...body },
  });
  const { id, key } = createdApiKey.parse(made);
  return { id, key, baseURL: `${url}/t/${slug}/v1` };
}

/** A tenant's rows in D1, once there are so many: what is settled is flushed on the way. */
export async function bookedRows(
  url: string,
  tenantId: string,
  attempts: number,
): Promise<UsageRow[]> {
  const admin = new LocalAdmin(url);
  const deadline = Date.now() + BOOKED_TIMEOUT_MS;
  for (;;) {
    await admin.call('POST', `/agents/${tenantId}/flush`);
    const { rows } = usageList.parse(
      await admin.call('GET', `/tenants/${tenantId}/usage?limit=200`),
    );
    if (rows.length >= attempts || Date.now() > deadline) return rows;
    await sleep(POLL_MS);
  }
}
