import { agentStatus } from '../../contract/agent.ts';
import {
  agentInspection,
  createdTenant,
  routingTestResult,
  updatedTenant,
} from '../../contract/api.ts';
import { AppError } from '../../contract/errors.ts';
import { agentPath, tenantPath, type Client } from '../client.ts';
import type { Io } from '../io.ts';
import { askPatiently } from '../patience.ts';

/** Longest wake that a smoke test waits for, ms: a first start pulls the image. */
const WAKE_TIMEOUT_MS = 300_000;
/** Longest routing test, ms: a real call may wait out two first-byte timeouts of 120 s. */
const ROUTING_TIMEOUT_MS = 300_000;
const POLL_MS = 2_000;

/** Makes one real model call by the routing policy, booked under the system tenant. */
export async function smokeRouting(client: Client): Promise<string> {
  const result = await client.request({
    method: 'POST',
    path: '/admin/api/routing/test',
    body: { tier: 'premium' },
    answer: routingTestResult,
    timeoutMs: ROUTING_TIMEOUT_MS,
  });
  return `${result.model} answered in ${result.latencyMs} ms`;
}

async function untilReady(io: Io, client: Client, tenantId: string): Promise<number> {
  const startedAt = io.now();
  for (;;) {
    const { agent } = await askPatiently(io, () =>
      client.request({ path: agentPath(tenantId), answer: agentInspection }),
    );
    const tookMs = io.now() - startedAt;
    if (agent.state === 'ready') return tookMs;
    if (agent.state === 'failed') {
      throw new AppError(
        'upstream_failed',
        `Its agent did not wake: ${agent.failure?.message ?? 'no reason given'}`,
      );
    }
    if (tookMs > WAKE_TIMEOUT_MS) {
      throw new AppError(
        'upstream_timeout',
        `Its agent was not ready within ${WAKE_TIMEOUT_MS / 1_000} s.`,
      );
    }
    await io.sleep(POLL_MS);
  }
}

/**
 * Wakes the agent of a tenant made for this, until it is ready: the new image starts, the egress and
 * the snapshot store answer. The tenant is deleted whatever happens.
 */
export async function smokeWake(io: Io, client: Client, platform: string): Promise<string> {
  const tenant = await client.request({
    method: 'POST',
    path: '/admin/api/tenants',
    body: { platform, tier: 'free' },
    answer: createdTenant,
  });
  const remove = () =>
    client.request({
      method: 'DELETE',
      path: tenantPath(tenant.id),
      body: { slug: tenant.slug },
      answer: updatedTenant,
    });
  let tookMs: number;
  try {
    const path = agentPath(tenant.id, '/wake');
    await client.request({ method: 'POST', path, answer: agentStatus });
    tookMs = await untilReady(io, client, tenant.id);
  } catch (error) {
    // Why it did not wake is the answer, whatever else goes wrong.
    await remove().catch(() => undefined);
    throw error;
  }
  await remove();
  return `the agent of ${tenant.slug} was ready after ${(tookMs / 1_000).toFixed(1)} s`;
}
