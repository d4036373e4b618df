/** One model OpenClaw may name; its id is a workload, and the relay decides what answers it. */
export interface ModelSetting {
  id: string;
  contextWindow: number;
  maxTokens: number;
}

/** What the agent decides about OpenClaw for this generation. */
export interface OpenClawSettings {
  models: ModelSetting[];
  defaultModel: string;
  tools: 'safe' | 'full';
  web: boolean;
  memoryMb: number | null;
}

/** The restore point fixed by the agent for this generation. */
export interface RestorePoint {
  id: string;
  size: number;
  sha256: string;
}

/** Everything the supervisor is told when it starts. */
export interface Settings {
  port: number;
  host: '0.0.0.0' | '127.0.0.1';
  dataDir: string;
  engineFd: number | null;
  generation: number;
  supervisorToken: string;
  gatewayToken: string;
  modelsUrl: string;
  stateUrl: string;
  restore: RestorePoint | null;
  openclaw: OpenClawSettings;
}

/** A start that can never work: the message names the variable, never its value. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/i;
const SHA256 = /^[0-9a-f]{64}$/;
const MODEL_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** A generation has three workloads today; the bound only stops nonsense. */
const MAX_MODELS = 32;

/** @returns whether `value` is a snapshot id (ULID). */
export function isSnapshotId(value: unknown): value is string {
  return typeof value === 'string' && ULID.test(value);
}

/**
 * Reads the environment the supervisor was started with.
 * @throws SettingsError naming the first variable that is missing or malformed.
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const engineFd = optional(env.SK_ENGINE_FD);
  return {
    port: integer('PORT', optional(env.PORT) ?? '8080', { min: 1, max: 65_535 }),
    host: engineFd === null ? '0.0.0.0' : '127.0.0.1',
    dataDir: optional(env.SK_DATA_DIR) ?? '/data',
    engineFd: engineFd === null ? null : integer('SK_ENGINE_FD', engineFd, { min: 3, max: 255 }),
    generation: integer('SK_GENERATION', required(env, 'SK_GENERATION'), { min: 0 }),
    supervisorToken: required(env, 'SK_SUPERVISOR_TOKEN'),
    gatewayToken: required(env, 'OPENCLAW_GATEWAY_TOKEN'),
    modelsUrl: url('SK_MODELS_URL', required(env, 'SK_MODELS_URL')),
    stateUrl: url('SK_STATE_URL', required(env, 'SK_STATE_URL')),
    restore: readRestore(optional(env.SK_RESTORE)),
    openclaw: readOpenClaw(required(env, 'SK_OPENCLAW')),
  };
}

function readRestore(text: string | null): RestorePoint | null {
  if (text === null) return null;
  const { id, size, sha256 } = object('SK_RESTORE', text);
  if (!isSnapshotId(id)) throw new SettingsError('SK_RESTORE: id is not a ULID');
  if (!Number.isSafeInteger(size) || (size as number) <= 0)
    throw new SettingsError('SK_RESTORE: size is not a positive integer');
  if (typeof sha256 !== 'string' || !SHA256.test(sha256))
    throw new SettingsError('SK_RESTORE: sha256 is not 64 hex digits');
  return { id, size: size as number, sha256 };
}

function readOpenClaw(text: string): OpenClawSettings {
  const raw = object('SK_OPENCLAW', text);
  if (!Array.isArray(raw.models) || raw.models.length === 0 || raw.models.length > MAX_MODELS)
    throw new SettingsError(`SK_OPENCLAW: models must list 1 to ${MAX_MODELS} models`);
  const models = raw.models.map(readModel);
  const defaultModel = raw.defaultModel;
  if (typeof defaultModel !== 'string' || !models.some((model) => model.id === defaultModel))
    throw new SettingsError('SK_OPENCLAW: defaultModel is not one of models');
  if (raw.tools !== 'safe' && raw.tools !== 'full')
    throw new SettingsError('SK_OPENCLAW: tools must be "safe" or "full"');
  const memoryMb = raw.memoryMb ?? null;
  if (memoryMb !== null && !(Number.isSafeInteger(memoryMb) && (memoryMb as number) > 0))
    throw new SettingsError('SK_OPENCLAW: memoryMb is not a positive integer');
  return {
    models,
    defaultModel,
    tools: raw.tools,
    web: raw.web === true,
    memoryMb: memoryMb as number | null,
  };
}

function readModel(raw: unknown): ModelSetting {
  const { id, contextWindow, maxTokens } = (raw ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !MODEL_ID.test(id))
    throw new SettingsError('SK_OPENCLAW: a model id is malformed');
  for (const number of [contextWindow, maxTokens])
    if (!Number.isSafeInteger(number) || (number as number) <= 0)
      throw new SettingsError(
        `SK_OPENCLAW: model ${id}: contextWindow and maxTokens must be positive`,
      );
  return { id, contextWindow: contextWindow as number, maxTokens: maxTokens as number };
}

function optional(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value.trim();
}

function required(env: Record<string, string | undefined>, name: string): string {
  const value = optional(env[name]);
  if (value === null) throw new SettingsError(`${name} is not set`);
  return value;
}

function integer(name: string, text: string, range: { min: number; max?: number }): number {
  const value = Number(text);
  if (
    !/^\d+$/.test(text) ||
    !Number.isSafeInteger(value) ||
    value < range.min ||
    value > (range.max ?? Infinity)
  )
    throw new SettingsError(`${name} is not an integer in range`);
  return value;
}

function url(name: string, text: string): string {
  const parsed = URL.parse(text);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new SettingsError(`${name} is not an http(s) URL`);
  return text.replace(/\/+$/, '');
}

function object(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SettingsError(`${name} is not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError(`${name} is not a JSON object`);
  return value as Record<string, unknown>;
}
