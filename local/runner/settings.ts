import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The Worker's variables and secrets for one local system. */
export type WorkerVars = Record<string, string>;

export const LOCAL_ACCOUNT = 'local-account';
export const LOCAL_GATEWAY = 'streamkinetics-gateway';

/** A secret made once for a state folder and kept there, so that sign-ins outlive a restart. */
async function keptSecret(stateDir: string, name: string): Promise<string> {
  const path = join(stateDir, name);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    const secret = randomBytes(32).toString('base64url');
    await writeFile(path, secret, { mode: 0o600 });
    return secret;
  }
}

/** Secrets of the local system, made at its first start. */
export async function localSecrets(
  stateDir: string,
): Promise<{ signing: string; aiGateway: string }> {
  await mkdir(stateDir, { recursive: true });
  return {
    signing: await keptSecret(stateDir, 'signing-key'),
    aiGateway: await keptSecret(stateDir, 'ai-gateway-key'),
  };
}

/** Writes the variables to a file for `wrangler dev --env-file`: none of them on a command line. */
export async function writeVars(stateDir: string, vars: WorkerVars): Promise<string> {
  const path = join(stateDir, 'worker.env');
  const lines = Object.entries(vars).map(([name, value]) => `${name}="${value}"`);
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}
