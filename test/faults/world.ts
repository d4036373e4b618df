import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EgressRequest } from '../../local/engine/egress.ts';
import { startSystem, type System } from '../../local/runner/system.ts';
import { prepareDouble } from '../doubles/openclaw/index.ts';
import { ModelWitness } from './model-witness.ts';
import { Subject } from './subject.ts';

/** How often the engine's list is looked at; a container lives for a second at least, ms. */
const NOTE_EVERY_MS = 20;

/** A PUT to the state store as a container made it. */
export interface SeenPut {
  id: string;
  ticket: string;
  generation: number;
}

/** The full local system with its tenants, and what is seen of it from outside. */
export interface World {
  system: System;
  subjects: Subject[];
  models: ModelWitness;
  isReal: boolean;
  /** Every ticket that a container has used, by tenant, oldest first. */
  puts: Map<string, SeenPut[]>;
  onEgress(listener: (request: EgressRequest, tenantId: string) => void): () => void;
  /** Kills workerd as hard as it gets, and starts it again. Whoever comes meanwhile waits for it. */
  killWorker(): Promise<void>;
  /** Resolves when no restart of workerd is under way. */
  workerIsBack(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  dir: string;
  port: number;
  tenants: number;
  isReal: boolean;
  /** Agents fall asleep by themselves after this long, ms. */
  idleMs: number;
  tokensPerSecond: number;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { dir, port, isReal, idleMs, tokensPerSecond } = options;
  await mkdir(dir, { recursive: true });
  const containerCommand = isReal ? undefined : await prepareDouble(join(dir, 'double'));
  const system = await startSystem({
    stateDir: join(dir, 'state'),
    port,
    tokensPerSecond,
    containerCommand,
    vars: { IDLE_MS_OVERRIDE: String(idleMs) },
    say: (line) => console.log(line),
  });
  // Containers end with the engine in this process; the Worker would outlive a crash of it.
  const endWorker = (): void => {
    process.kill(-system.worker.pid, 'SIGKILL');
  };
  process.once('exit', endWorker);
  const { engine, gateway } = system;
  if (!engine || !gateway) throw new Error('the harness needs the local engine and the stand-in');
  const models = new ModelWitness(gateway);
  const subjects: Subject[] = [];
  for (let n = 0; n < options.tenants; n++) subjects.push(await Subject.create(system));

  const puts = new Map<string, SeenPut[]>();
  engine.onEgress((request, container) => {
    if (request.method !== 'PUT') return;
    const tenantId = container.env.SK_TENANT_ID ?? '';
    const put: SeenPut = {
      id: request.path.split('/').at(-1) ?? '',
      ticket: String(request.headers['x-sk-ticket']),
      generation: Number(container.env.SK_GENERATION),
    };
    puts.set(tenantId, [...(puts.get(tenantId) ?? []), put]);
  });
  const noting = setInterval(() => {
    for (const subject of subjects) subject.note();
  }, NOTE_EVERY_MS);

  let restart: Promise<void> = Promise.resolve();
  return {
    system,
    subjects,
    models,
    isReal,
    puts,
    onEgress: (listener) =>
      engine.onEgress((request, { env }) => listener(request, env.SK_TENANT_ID ?? '')),
    killWorker: () => (restart = system.restartWorker('SIGKILL')),
    workerIsBack: () => restart,
    async close() {
      clearInterval(noting);
      for (const { client } of subjects) client.close();
      await restart.catch(() => undefined);
      await system.stop({ sleepFirst: false });
      process.off('exit', endWorker);
    },
  };
}
