import { z } from 'zod';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { localSecrets } from '../../local/runner/settings.ts';
import { migrateD1 } from '../../local/runner/worker-process.ts';
import { askOk } from '../../test/support/loopback.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import type { Program } from './program.ts';
import { startBundle } from './start-bundle.ts';
import type { Subject } from './subject.ts';

/** More than a run can use up: what is measured is the check, not the refusal. */
const LIMITS = {
  maxCallsPerMinute: 1_000_000,
  maxConcurrentCalls: 1_000,
  maxTokensPerDay: 1_000_000_000_000,
  maxNanoPerMonth: 1_000_000_000_000_000,
};

const createdKey = z.looseObject({ key: z.string() });
const tenantUsage = z.looseObject({ totals: z.looseObject({ attempts: z.number() }) });

/** The system as it is deployed, with one tenant and one API key. */
export interface Ours {
  subject: Subject;
  program: Program;
  /** Attempts of the tenant in D1; what waits for D1 goes there first. */
  attemptsInD1(): Promise<number>;
}

/** Starts workerd with the bundle, and makes a tenant that is refused nothing and a key for it. */
export async function startOurs(options: {
  bundleDir: string;
  stateDir: string;
  upstreamPort: number;
}): Promise<Ours> {
  const { bundleDir, stateDir, upstreamPort } = options;
  await migrateD1(stateDir);
  const secrets = await localSecrets(stateDir);
  const vars = {
    DEV_MODE: 'true',
    SESSION_SIGNING_KEYS: secrets.signing,
    CLOUDFLARE_AI_GATEWAY_API_KEY: secrets.aiGateway,
    CF_AI_GATEWAY_ACCOUNT_ID: 'bench',
    AI_GATEWAY_BASE_URL: `http://127.0.0.1:${upstreamPort}`,
  };
  const program = await startBundle({ bundleDir, stateDir, vars });
  try {
    return { program, ...(await makeTenant(program)) };
  } catch (error) {
    await program.stop();
    throw error;
  }
}

async function makeTenant({ pid, port }: Program): Promise<Omit<Ours, 'program'>> {
  const url = `http://127.0.0.1:${port}`;
  const admin = new LocalAdmin(url);
  const tenant = await admin.createTenant({ platform: 'streamkinetics.com', tier: 'enterprise' });
  await admin.call('PATCH', `/tenants/${tenant.id}`, { limits: LIMITS });
  const place = `${url}/t/${tenant.slug}`;
  const made = await askOk(`${place}/api/keys`, { method: 'POST', body: { name: 'bench' } });
  const flush = async (): Promise<void> => {
    await admin.call('POST', `/agents/${tenant.id}/flush`);
  };
  return {
    subject: {
      name: 'ours',
      url: `${place}/v1/chat/completions`,
      headers: { authorization: `Bearer ${createdKey.parse(made).key}` },
      model: 'chat',
      cpuSeconds: () => cpuSecondsOf(pid),
      settled: flush,
    },
    async attemptsInD1() {
      await flush();
      const usage = tenantUsage.parse(await admin.call('GET', `/tenants/${tenant.id}/usage`));
      return usage.totals.attempts;
    },
  };
}
