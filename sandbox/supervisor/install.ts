import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where OpenClaw is installed, and which one. */
export interface OpenClawInstall {
  entry: string;
  version: string;
}

/** Finds the OpenClaw that is installed beside the supervisor. */
export function findOpenClaw(): OpenClawInstall {
  const folder = new URL('../node_modules/openclaw/', import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
    version: string;
  };
  return { entry: fileURLToPath(new URL('openclaw.mjs', folder)), version: manifest.version };
}
