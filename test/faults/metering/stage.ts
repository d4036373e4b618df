import { join } from 'node:path';
import { createdApiKey } from '../../../contract/api-keys.ts';
import { startSystem, type System } from '../../../local/runner/system.ts';
import { agentFile } from '../store-files.ts';
import { AttemptWitness } from './attempt-witness.ts';
import { LIMITS, setPolicy } from './policy.ts';
import type { Target } from './program.ts';

/** A tenant with a key for its programs. */
export interface Customer extends Target {
  tenantId: string;
  slug: string;
  /** The database file of its agent. */
  file: string;
}

/** The full local system with its customers; no sandbox ever runs, since model calls need none. */
export interface Stage {
  system: System;
  gateway: NonNullable<System['gateway']>;
  witness: AttemptWitness;
  customers: Customer[];
  /** Resolves when no restart of the Worker is under way. */
  isUp(): Promise<void>;
  /** Kills the Worker as hard as it gets, at once, and starts it again. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Stands in for a sandbox, so that OpenClaw need not be installed. */
const NO_SANDBOX = [process.execPath, '--version'];

export async function startStage(options: {
  dir: string;
  port: number;
  tenants: number;
}): Promise<Stage> {
  const { dir, port, tenants } = options;
  const system = await startSystem({
    stateDir: join(dir, 'state'),
    port,
    tokensPerSecond: 0,
    containerCommand: NO_SANDBOX,
    say: (line) => console.log(line),
  });
  // The stand-in ends with this process; the Worker would outlive a crash of it.
  const endWorker = (): void => {
    process.kill(-system.worker.pid, 'SIGKILL');
  };
  process.once('exit', endWorker);
  const { gateway } = system;
  if (!gateway) throw new Error('the harness needs the stand-in: unset the real credentials');
  await setPolicy(system.admin);
  const customers: Customer[] = [];
  for (let n = 0; n < tenants; n++)
    customers.push(await newCustomer(system, `http://127.0.0.1:${port}`));

  let restart: Promise<void> = Promise.resolve();
  return {
    system,
    gateway,
    customers,
    witness: new AttemptWitness(gateway),
    isUp: () => restart,
    kill: () => (restart = system.restartWorker('SIGKILL')),
    async close() {
      await restart.catch(() => undefined);
      await system.stop({ sleepFirst: false });
      process.off('exit', endWorker);
    },
  };
}

async function newCustomer({ admin, stateDir }: System, url: string): Promise<Customer> {
  const { id, slug } = await admin.createTenant({
    platform: 'streamkinetics.com',
    tier: 'premium',
  });
  await admin.call('PATCH', `/tenants/${id}`, { limits: LIMITS });
  const response = await fetch(`${url}/t/${slug}/api/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'load' }),
  });
  const { key } = createdApiKey.parse(await response.json());
  return { tenantId: id, slug, file: agentFile(stateDir, id), url: `${url}/t/${slug}`, key };
}
