import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import type { TestProject } from 'vitest/node';
import { ACCESS_VARS, startAccess } from '../support/access-stand-in.ts';
import { freePort } from '../support/free-port.ts';
import { engineDir } from '../../local/runner/paths.ts';
import { startSystem } from '../../local/runner/system.ts';
import { findInFiles, guardAnswers } from '../support/canary-guard.ts';
import { canaryVars } from '../support/canaries.ts';

/** The one running system that all flows share, as they see it. */
export interface SharedSystem {
  url: string;
  /** The same behind a stand-in for Cloudflare Access: here operators have the role that D1 gives them. */
  accessUrl: string;
  /** What that stand-in signs with. */
  accessJwk: JWK;
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

/** The files of this machine's own settings: there the secrets are at home. */
const AT_HOME = ['/signing-key', '/ai-gateway-key', '/worker.env'];

/**
 * Starts the platform once for all flows. `FLOW_CONTAINER_COMMAND` runs something else in the
 * containers, to see that the flows notice when it is not the real OpenClaw.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), 'skm-flow-'));
  const stub = process.env['FLOW_CONTAINER_COMMAND'];
  const port = await freePort();
  const access = await startAccess(() => guard.port);
  const system = await startSystem({
    stateDir,
    port,
    tokensPerSecond: 200,
    vars: { ...canaryVars, ...ACCESS_VARS, ACCESS_CERTS_URL: access.certsUrl },
    containerCommand: stub ? stub.split(' ') : undefined,
    say: (line) => console.log(line),
  });
  const secrets = await Promise.all(
    ['signing-key', 'ai-gateway-key'].map((name) => readFile(join(stateDir, name), 'utf8')),
  );
  const canaries = [...Object.values(canaryVars), ...secrets.map((secret) => secret.trim())];
  const guard = await guardAnswers(port, canaries);
  project.provide('system', {
    url: `http://localhost:${guard.port}`,
    accessUrl: `http://localhost:${access.port}`,
    accessJwk: access.privateJwk,
    controlUrl: new URL('/__local', system.gateway?.url).href,
    stateDir,
    containersDir: join(engineDir(stateDir), 'containers'),
    engineSocket: system.engine?.socketPath ?? '',
    canaries,
  });
  return async () => {
    // While the containers' folders are there; and again when the last line is written.
    const found = findInFiles(stateDir, canaries, AT_HOME);
    await access.close();
    await guard.close();
    await system.stop({ sleepFirst: false });
    const left = findInFiles(stateDir, canaries, AT_HOME);
    await rm(stateDir, { recursive: true, force: true });
    const findings = [...guard.findings, ...found.findings, ...left.findings];
    if (findings.length > 0) throw new Error(`secrets were found: ${JSON.stringify(findings)}`);
    console.log(`no secret in ${guard.bytes} bytes of answers and ${found.files} files`);
  };
}
