import {
  type JsonObject,
  type JsonPath,
  getAt,
  isJsonObject,
  sameJson,
  withAt,
} from './json-path.ts';
import { type OwnedSetting, defaultSettings, ownedSettings } from './platform-config.ts';
import type { OpenClawSettings } from './settings.ts';

/**
 * What the last merge put over the user's config, kept beside it in the snapshot: `before` is what
 * the user had there (absent when nothing), so that a lifted restriction gives it back.
 */
export interface Applied {
  path: JsonPath;
  value: unknown;
  before?: unknown;
}

/** Entries read back from a snapshot; a platform sets two dozen. */
const MAX_APPLIED = 200;

/**
 * Merges the platform's settings over a user's OpenClaw config. Ours win only where they must;
 * everything else of the user's is kept, and what ours replaced is remembered. Pure; merging
 * twice gives the same.
 */
export function mergeConfig(input: {
  user: JsonObject;
  applied: readonly Applied[];
  settings: OpenClawSettings;
  logFile: string;
}): { config: JsonObject; applied: Applied[] } {
  const own = input.applied.reduceRight(takeBack, input.user);
  let config = own;
  const applied: Applied[] = [];
  for (const setting of ownedSettings(input)) {
    const before = getAt(config, setting.path);
    const value = ownedValue(setting, before);
    applied.push({ path: setting.path, value, ...(before === undefined ? {} : { before }) });
    config = withAt(config, setting.path, value);
  }
  for (const setting of defaultSettings(input.settings))
    if (getAt(config, setting.path) === undefined || isStaleModel(config, setting.path, input))
      config = withAt(config, setting.path, setting.value);
  return { config, applied };
}

/** Reads the remembered entries from stored JSON; what is malformed is dropped. */
export function readApplied(stored: unknown): Applied[] {
  if (!Array.isArray(stored)) return [];
  return stored.slice(0, MAX_APPLIED).filter(isApplied);
}

function isApplied(entry: unknown): entry is Applied {
  return (
    isJsonObject(entry) &&
    Array.isArray(entry.path) &&
    entry.path.length > 0 &&
    entry.path.every((key) => typeof key === 'string' && key !== '__proto__')
  );
}

function ownedValue(setting: OwnedSetting, before: unknown): unknown {
  if (setting.list !== true || !Array.isArray(before)) return setting.value;
  return [...new Set([...before, ...(setting.value as unknown[])])];
}

/** Undoes one earlier entry, unless the user changed that place since: then it is theirs. */
function takeBack(config: JsonObject, entry: Applied): JsonObject {
  const current = getAt(config, entry.path);
  if (sameJson(current, entry.value)) return withAt(config, entry.path, entry.before);
  if (!Array.isArray(current) || !Array.isArray(entry.value)) return config;
  const theirs: readonly unknown[] = Array.isArray(entry.before) ? entry.before : [];
  const ours = entry.value.filter((item) => !theirs.includes(item));
  const kept = current.filter((item) => !ours.includes(item));
  return withAt(config, entry.path, kept.length === 0 ? undefined : kept);
}

/** A default model of ours that this generation no longer offers would make every turn fail. */
function isStaleModel(
  config: JsonObject,
  path: JsonPath,
  input: { settings: OpenClawSettings },
): boolean {
  const value = getAt(config, path);
  if (typeof value !== 'string' || !value.startsWith('platform/')) return false;
  return !input.settings.models.some((model) => value === `platform/${model.id}`);
}
