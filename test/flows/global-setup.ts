import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '../support/free-port.ts';
import { engineDir } from '../../local/runner/paths.ts';
import { startSystem } from '../../local/runner/system.ts';
import { canaryVars } from '../support/canaries.ts';

/** The one running system that all flows share, as they see it. */
export interface SharedSystem {
  url: string;
  /** The AI Gateway stand-in's control endpoints. */
  controlUrl: string;
  stateDir: string;
  /** Where the containers' folders are. */
  containersDir: string;
  engineSocket: string;
  /** Values that must never be found outside the Worker. */
  canaries: string[];
}

declare module 'vitest' {
  export interface ProvidedContext {
    system: SharedSystem;
  }
}

/**
 * Starts the platform once for all flows. `FLOW_CONTAINER_COMMAND` runs something else in the
 * containers, to see that the flows notice when it is not the real OpenClaw.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), 'skm-flow-'));
  const stub = process.env['FLOW_CONTAINER_COMMAND'];
  const system = await startSystem({
    stateDir,
    port: await freePort(),
    tokensPerSecond: 200,
    vars: canaryVars,
    containerCommand: stub ? stub.split(' ') : undefined,
    say: (line) => console.log(line),
  });
  const secrets = await Promise.all(
    ['signing-key', 'ai-gateway-key'].map((name) => readFile(join(stateDir, name), 'utf8')),
  );
  project.provide('system', {
    url: system.url,
    controlUrl: new URL('/__local', system.gateway?.url).href,
    stateDir,
    containersDir: join(engineDir(stateDir), 'containers'),
    engineSocket: system.engine?.socketPath ?? '',
    canaries: [...Object.values(canaryVars), ...secrets.map((secret) => secret.trim())],
  });
  return async () => {
    await system.stop({ sleepFirst: false });
    await rm(stateDir, { recursive: true, force: true });
  };
}
