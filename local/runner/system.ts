import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAiGateway, type AiGateway } from '../ai-gateway/index.ts';
import { startEngine, type Engine } from '../engine/index.ts';
import { LocalAdmin } from './admin.ts';
import { engineDir, ROOT } from './paths.ts';
import { ensureOpenClaw, ensureSite } from './prepare.ts';
import {
  LOCAL_ACCOUNT,
  LOCAL_GATEWAY,
  localSecrets,
  writeVars,
  type WorkerVars,
} from './settings.ts';
import { migrateD1, startWorker, type WorkerProcess } from './worker-process.ts';

/** Awake agents get this long to fall asleep before the system stops, ms. */
const SLEEP_TIMEOUT_MS = 20_000;
const SLEEP_POLL_MS = 200;

export interface SystemOptions {
  stateDir: string;
  /** Port of the Worker, on loopback. */
  port: number;
  /** `process` runs containers as plain child processes, `docker` uses a real Docker. */
  engine?: 'process' | 'docker';
  /** What a container runs instead of the supervisor with the real OpenClaw: tests only. */
  containerCommand?: readonly string[];
  /** Variables and secrets of the Worker on top of the local ones. */
  vars?: WorkerVars;
  /** Pace of the stand-in's answers; 0 is as fast as possible. */
  tokensPerSecond?: number;
  say?: (line: string) => void;
}

export interface System {
  url: string;
  admin: LocalAdmin;
  /** Null when real credentials point at Cloudflare's. */
  gateway: AiGateway | null;
  /** Null with a real Docker. */
  engine: Engine | null;
  worker: WorkerProcess;
  stateDir: string;
  /** Ends workerd as hard as told and starts it again; engine and stand-in live on. */
  restartWorker(signal?: NodeJS.Signals): Promise<void>;
  /** Puts awake agents to sleep, then stops everything in reverse order. */
  stop(options?: { sleepFirst?: boolean }): Promise<void>;
}

const supervisor = [process.execPath, join(ROOT, 'sandbox/supervisor/start.mjs')];

/** Starts the whole platform on this machine: engine, AI Gateway stand-in, workerd. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { port, engine: kind = 'process', say = () => undefined } = options;
  const stateDir = resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true });
  if (kind === 'process' && !options.containerCommand) await ensureOpenClaw(say);
  await ensureSite(say);
  await migrateD1(stateDir);

  const stops: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    const engine = kind === 'docker' ? null : await startOwnEngine(options, stateDir, stops);
    const secrets = await localSecrets(stateDir);
    const gateway = await startGateway(options, stateDir, secrets.aiGateway, stops);
    const varsFile = await writeVars(stateDir, workerVars(gateway, secrets, options.vars));
    const start = (): Promise<WorkerProcess> =>
      startWorker({ port, stateDir, varsFile, engineEnv: engine?.wranglerEnv ?? {} });

    const url = `http://localhost:${port}`;
    const admin = new LocalAdmin(url);
    let worker = await start();
    stops.push(() => worker.stop());
    return {
      url,
      admin,
      gateway,
      engine,
      stateDir,
      get worker() {
        return worker;
      },
      async restartWorker(signal) {
        await worker.stop(signal);
        worker = await start();
      },
      async stop({ sleepFirst = true } = {}) {
        if (sleepFirst) await sleepAll(admin, say).catch((error: unknown) => say(String(error)));
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startOwnEngine(
  { containerCommand }: SystemOptions,
  stateDir: string,
  stops: (() => Promise<void>)[],
): Promise<Engine> {
  const dir = engineDir(stateDir);
  const engine = await startEngine({ dir, command: containerCommand ?? supervisor });
  stops.push(async () => {
    await engine.close();
    await rm(dir, { recursive: true, force: true });
  });
  return engine;
}

/** The stand-in, unless the environment holds real credentials. */
async function startGateway(
  { tokensPerSecond }: SystemOptions,
  stateDir: string,
  key: string,
  stops: (() => Promise<void>)[],
): Promise<AiGateway | null> {
  if (realCredentials()) return null;
  const gateway = await startAiGateway({
    accountId: LOCAL_ACCOUNT,
    gatewayId: LOCAL_GATEWAY,
    apiKeys: [key],
    logFile: join(stateDir, 'ai-gateway.ndjson'),
    tokensPerSecond,
    modelUrl: process.env['LOCAL_MODEL_URL'] || undefined,
    modelName: process.env['LOCAL_MODEL_NAME'] || undefined,
  });
  stops.push(() => gateway.close());
  return gateway;
}

function realCredentials(): WorkerVars | null {
  const names = [
    'CLOUDFLARE_AI_GATEWAY_API_KEY',
    'CF_AI_GATEWAY_ACCOUNT_ID',
    'CF_AI_GATEWAY_GATEWAY_ID',
  ];
  const vars = Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
  return Object.values(vars).every((value) => value !== '') ? vars : null;
}

function workerVars(
  gateway: AiGateway | null,
  secrets: { signing: string; aiGateway: string },
  extra: WorkerVars = {},
): WorkerVars {
  const standIn = gateway && {
    CLOUDFLARE_AI_GATEWAY_API_KEY: secrets.aiGateway,
    CF_AI_GATEWAY_ACCOUNT_ID: LOCAL_ACCOUNT,
    CF_AI_GATEWAY_GATEWAY_ID: LOCAL_GATEWAY,
    AI_GATEWAY_BASE_URL: gateway.url,
  };
  return {
    DEV_MODE: 'true',
    SESSION_SIGNING_KEYS: secrets.signing,
    ...(standIn ?? realCredentials()),
    ...extra,
  };
}

const isAwake = ({ state }: { state: string }): boolean => state !== 'asleep' && state !== 'failed';

/** Puts every awake agent to sleep, so that what it knows is in R2. */
async function sleepAll(admin: LocalAdmin, say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + SLEEP_TIMEOUT_MS;
  const awake = (await admin.tenants()).filter(isAwake);
  if (awake.length === 0) return;
  say(`Putting ${awake.length} awake ${awake.length === 1 ? 'agent' : 'agents'} to sleep …`);
  await Promise.allSettled(awake.map(({ id }) => admin.sleep(id)));
  while (Date.now() < deadline) {
    if (!(await admin.tenants()).some(isAwake)) return;
    await sleep(SLEEP_POLL_MS);
  }
  say('Some agents did not fall asleep in time; what they last saved is kept.');
}
