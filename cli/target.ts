import { basename } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { findConfigPath, loadConfig, type LoadedConfig } from './config.ts';
import type { Io } from './io.ts';

/** What `npm run dev` starts. */
const LOCAL_URL = 'http://localhost:8787';
/** What a config file alone stands for. */
const DEFAULT_REMOTE = 'production';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|.+\.localhost)$/;

export interface Environment {
  name: string;
  isLocal: boolean;
  /** The config file that counts for it, or null. */
  configPath: string | null;
  /** Whether the config file was named, and is wanted also where none is needed. */
  configNamed: boolean;
}

/** Whether an environment has only the file that stands for production, and nobody named it. */
export function hasProductionsFile(environment: Environment): boolean {
  const { name, configNamed, configPath } = environment;
  const isShared = configPath !== null && basename(configPath) === '.skclaw.json';
  return name !== DEFAULT_REMOTE && isShared && !configNamed;
}

/** Throws `invalid_config` where what is meant for another environment would be done to production. */
export function refuseProductionsFile(environment: Environment, { path }: LoadedConfig): void {
  if (!hasProductionsFile(environment)) return;
  const { name } = environment;
  throw new AppError('invalid_config', `${path} is production’s, and not ${name}’s.`, {
    hint: `Fill in .skclaw.${name}.json, or name a file with --config.`,
  });
}

/** Where the system is, and what to say to get in. */
export interface Target {
  url: string;
  isLocal: boolean;
  headers: Record<string, string>;
}

/**
 * The environment that is meant: `--env`, else SKCLAW_ENV, else production where there is a config
 * file and `local` where there is none.
 */
export async function resolveEnvironment(
  flags: { env: string | undefined; config: string | undefined },
  io: Io,
): Promise<Environment> {
  const given = flags.env ?? (io.env['SKCLAW_ENV'] || undefined);
  if (given !== undefined && !/^[a-z][a-z0-9-]{0,31}$/.test(given)) {
    throw new AppError('invalid_usage', 'An environment is named like local or production.');
  }
  const named = flags.config ?? (io.env['SKCLAW_CONFIG'] || undefined);
  const configPath = await findConfigPath({ named, environment: given, cwd: io.cwd });
  const name = given ?? (configPath === null ? 'local' : DEFAULT_REMOTE);
  return { name, isLocal: name === 'local', configPath, configNamed: named !== undefined };
}

/**
 * A URL that credentials may be sent to, by the variable that holds it: https, or loopback. Throws
 * `invalid_config` without quoting it.
 */
export function checkedUrl(value: string, variable: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  const safe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (!url || !safe || url.username || url.password) {
    throw new AppError(
      'invalid_config',
      `${variable} must be an https address without a password; http is for loopback only.`,
    );
  }
  return url;
}

function accessHeaders(env: Io['env']): Record<string, string> {
  const id = env['CF_ACCESS_CLIENT_ID']?.trim();
  const secret = env['CF_ACCESS_CLIENT_SECRET']?.trim();
  if (!id && !secret) return {};
  // Anything else is no header value, and the error about it would quote it.
  if (!id || !secret || !/^[\x21-\x7e]+$/.test(id) || !/^[\x21-\x7e]+$/.test(secret)) {
    throw new AppError(
      'unauthenticated',
      'CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET must both be set, as Access shows them.',
    );
  }
  return { 'CF-Access-Client-Id': id, 'CF-Access-Client-Secret': secret };
}

/** The system of an environment. Reads the config file only where it says where the system is. */
export async function resolveTarget(environment: Environment, io: Io): Promise<Target> {
  const override = io.env['SKCLAW_URL'] || undefined;
  if (environment.isLocal) {
    return {
      url: checkedUrl(override ?? LOCAL_URL, 'SKCLAW_URL').origin,
      isLocal: true,
      headers: {},
    };
  }
  const headers = accessHeaders(io.env);
  if (override !== undefined) {
    return { url: checkedUrl(override, 'SKCLAW_URL').origin, isLocal: false, headers };
  }
  const loaded: LoadedConfig | null =
    environment.configPath === null ? null : await loadConfig(environment.configPath);
  if (loaded) refuseProductionsFile(environment, loaded);
  const platform = loaded?.config.defaultPlatform;
  if (platform === undefined) {
    const missing = loaded ? `${loaded.path} has no defaultPlatform` : 'there is no config file';
    throw new AppError('invalid_config', `Where ${environment.name} is isn't known: ${missing}.`, {
      hint: 'Copy cli/.skclaw.example.json to .skclaw.json and fill it in, or use --env local.',
    });
  }
  return { url: `https://api.${platform}`, isLocal: false, headers };
}
