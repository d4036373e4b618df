import { parseArgs } from 'node:util';
import { agentInspection, createdTenant, usageList } from '../contract/api.ts';
import { askOk } from './support/loopback.ts';
import { MemberClient } from './support/member.ts';

/** A usage row is in D1 two seconds after its call; this is a hang, ms. */
const USAGE_TIMEOUT_MS = 30_000;
/** A wake takes some ten seconds; this is a hang, ms. */
const WAKE_TIMEOUT_MS = 180_000;
const POLL_MS = 250;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: process.env['SKCLAW_URL'] ?? 'http://localhost:8787' },
    platform: { type: 'string', default: 'streamkinetics.com' },
    tier: { type: 'string', default: 'premium' },
  },
});

const admin = (method: string, path: string, body?: unknown): Promise<unknown> =>
  askOk(`${values.url}/admin/api${path}`, { method, headers: accessHeaders(), body });

function accessHeaders(): Record<string, string> {
  const { CF_ACCESS_CLIENT_ID: id, CF_ACCESS_CLIENT_SECRET: secret } = process.env;
  return id && secret ? { 'CF-Access-Client-Id': id, 'CF-Access-Client-Secret': secret } : {};
}

/** Runs one step, says how long it took, and ends the run at the first that fails. */
async function step<T>(name: string, work: () => Promise<{ value: T; said: string }>): Promise<T> {
  const startedAt = performance.now();
  const took = (): string =>
    `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`.padStart(8);
  try {
    const { value, said } = await work();
    console.log(`ok    ${took()}  ${name}: ${said}`);
    return value;
  } catch (error) {
    console.log(
      `FAIL  ${took()}  ${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exit(1);
  }
}

async function until<T>(timeoutMs: number, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`not within ${timeoutMs / 1_000} s`);
}

const tenant = await step('create a tenant', async () => {
  const { platform, tier } = values;
  const value = createdTenant.parse(await admin('POST', '/tenants', { platform, tier }));
  return { value, said: `${value.slug} (${value.id})` };
});

await step('start its agent', async () => {
  await admin('POST', `/agents/${tenant.id}/wake`);
  const value = await until(WAKE_TIMEOUT_MS, async () => {
    const { agent } = agentInspection.parse(await admin('GET', `/agents/${tenant.id}`));
    if (agent.state === 'failed') throw new Error(agent.failure?.message);
    return agent.state === 'ready' ? agent : null;
  });
  return { value, said: `generation ${value.generation} is ready` };
});

const word = `word-${tenant.id.slice(0, 8)}`;
await step("get a model's answer over the WebSocket", async () => {
  if (!tenant.invite) throw new Error('the tenant came without an invite');
  const member = await MemberClient.join(tenant.invite.url, 'Smoke test');
  const session = await member.createSession('Smoke test');
  const socket = await member.socket();
  socket.send({ type: 'subscribe', sessionId: session.id, after: 0 });
  const value = await socket.say(session.id, `Please repeat: ${word}`);
  socket.close();
  if (value.trim() === '') throw new Error('the answer is empty');
  return { value, said: JSON.stringify(value.slice(0, 80)) };
});

await step('see its usage in D1', async () => {
  const value = await until(USAGE_TIMEOUT_MS, async () => {
    const { rows } = usageList.parse(await admin('GET', `/tenants/${tenant.id}/usage`));
    return rows[0] ?? null;
  });
  return {
    value,
    said: `${value.model}, ${value.tokens_in} in, ${value.tokens_out} out (${value.settled_by})`,
  };
});

await step('put it to sleep', async () => {
  await admin('POST', `/agents/${tenant.id}/sleep`, { force: false });
  const value = await until(WAKE_TIMEOUT_MS, async () => {
    const look = agentInspection.parse(await admin('GET', `/agents/${tenant.id}`));
    return look.agent.state === 'asleep' ? look : null;
  });
  return { value, said: `asleep, ${value.snapshots[0]?.size ?? 0} bytes saved` };
});
