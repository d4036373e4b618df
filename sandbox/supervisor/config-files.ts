import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import JSON5 from 'json5';
import type { Layout } from './layout.ts';
import { type JsonObject, isJsonObject } from './json-path.ts';
import { mergeConfig, readApplied } from './openclaw-config.ts';
import { BootFailure } from './boot-failure.ts';
import type { OpenClawSettings } from './settings.ts';

/**
 * Writes OpenClaw's config: the platform's settings merged over the file the snapshot brought.
 * @throws BootFailure `config_unreadable` when the user's file is no JSON5 object: overwriting it
 * would lose settings, and starting with it is impossible.
 */
export async function writeConfig(layout: Layout, settings: OpenClawSettings): Promise<void> {
  const stored = await readJson(layout.applied).catch(() => undefined);
  const { config, applied } = mergeConfig({
    user: await readUserConfig(layout.config),
    applied: readApplied(stored),
    settings,
    logFile: `${layout.logs}/gateway.jsonl`,
  });
  await replaceFile(layout.config, config);
  await replaceFile(layout.applied, applied);
}

async function readUserConfig(path: string): Promise<JsonObject> {
  let value: unknown;
  try {
    value = await readJson(path);
  } catch (cause) {
    const message = `openclaw.json cannot be read: ${(cause as Error).message}`;
    throw new BootFailure({ code: 'config_unreadable', message });
  }
  if (value === undefined) return {};
  if (isJsonObject(value)) return value;
  throw new BootFailure({
    code: 'config_unreadable',
    message: 'openclaw.json is not an object.',
  });
}

/** @returns the parsed file, or undefined when there is none. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON5.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Writes beside and renames: a kill in between leaves the old file whole. */
async function replaceFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.next`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.next`, path);
}
