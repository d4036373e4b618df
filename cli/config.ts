import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError, validationError } from '../contract/errors.ts';
import { tierSchema } from '../contract/tiers.ts';
import { looksLikeSecret } from './secrets.ts';

/** Largest config file that is read, in bytes: a real one has under 2 KB. */
const MAX_CONFIG_BYTES = 64 * 1024;
/** How deep a config file may nest before it is no config file. */
const MAX_DEPTH = 8;

const text = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(500, 'must be at most 500 characters');
const modelId = text.describe('A model of Workers AI, such as @cf/zai-org/glm-4.7-flash.');

/** `.skclaw.json` as the charter defines it; anything more is refused, since it may be a secret. */
export const configSchema = z.strictObject({
  $schema: text.optional().describe('Where this schema lies, for editors.'),
  accountId: text.describe('The Cloudflare account: 32 hex digits.'),
  zoneId: text.describe('The zone of the platform’s domain: 32 hex digits.'),
  projectName: text.describe('What everything is called, such as streamkinetics.'),
  workerName: text.describe('The Worker as deployed, such as streamkinetics-backend.'),
  assetsDir: text.describe('The built site, such as dist/client.'),
  aiGatewayId: text.describe('The AI Gateway that every model call goes through.'),
  aiGatewayAccountId: text.describe('The account of that AI Gateway: 32 hex digits.'),
  r2BucketName: text.describe('The bucket of the agents’ snapshots.'),
  kvNamespaceId: text.describe('The KV namespace of the tenant directory: 32 hex digits.'),
  d1DatabaseId: text.describe('The D1 database of the control plane: a UUID.'),
  defaultPlatform: text
    .max(253)
    .toLowerCase()
    .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'must be a domain, such as streamkinetics.com')
    .optional()
    .describe('The platform whose api. host skclaw talks to.'),
  accessTeamDomain: text.optional().describe('The Access team, such as team.cloudflareaccess.com.'),
  accessAud: text.optional().describe('The AUD tag of the Access application: 64 hex digits.'),
  modelTierMap: z
    .partialRecord(tierSchema, modelId)
    .optional()
    .describe('The model that each tier starts with.'),
});
export type Config = z.infer<typeof configSchema>;

export interface LoadedConfig {
  path: string;
  config: Config;
}

/** The text of a file, or null when there is none. A folder or an unreadable file is an error. */
export async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new AppError('invalid_config', `${path} can't be read.`, { cause });
  }
}

function secretFields(value: unknown, path: readonly string[] = []): string[] {
  if (path.length > MAX_DEPTH) return [`${path.join('.')} (nested too deeply)`];
  if (typeof value === 'string') {
    return looksLikeSecret(path.at(-1) ?? '', value.trim()) ? [path.join('.')] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretFields(inner, [...path, key]));
}

/**
 * Checks the text of a config file. Throws `invalid_config` with every problem by its field; a value
 * is never quoted, since it may be a secret in the wrong place.
 */
export function parseConfig(path: string, source: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(source.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's own words quote the file; only where it stopped is taken from them.
    const where = /(?:line \d+ column \d+|position \d+)/.exec(String(error))?.[0];
    throw new AppError('invalid_config', `${path} is not JSON${where ? ` (${where})` : ''}.`);
  }
  const secrets = secretFields(json);
  if (secrets.length > 0) {
    throw new AppError(
      'invalid_config',
      `${path} holds what looks like a secret: ${secrets.join(', ')}.`,
      { hint: 'Take it out, revoke it if the file was shared, and set it as a Worker secret.' },
    );
  }
  const parsed = configSchema.safeParse(json, {
    error: (issue) =>
      issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined,
  });
  if (parsed.success) return parsed.data;
  const { message, details } = validationError(parsed.error, 'invalid_config');
  throw new AppError('invalid_config', `${path} is not valid: ${message}`, { details });
}

/** Reads and checks a config file; null when there is none at `path`. */
export async function loadConfig(path: string): Promise<LoadedConfig | null> {
  const source = await readOptional(path);
  if (source === null) return null;
  if (source.length > MAX_CONFIG_BYTES) {
    throw new AppError('invalid_config', `${path} is over ${MAX_CONFIG_BYTES} bytes.`);
  }
  return { path, config: parseConfig(path, source) };
}

/**
 * The config file that counts: the one named, else `.skclaw.<env>.json`, else `.skclaw.json`.
 * Null when there is none; a named one that is missing is an error.
 */
export async function findConfigPath(options: {
  named: string | undefined;
  environment: string | undefined;
  cwd: string;
}): Promise<string | null> {
  const { named, environment, cwd } = options;
  if (named !== undefined) {
    if ((await readOptional(resolve(cwd, named))) !== null) return resolve(cwd, named);
    throw new AppError('invalid_config', `There is no config file ${named}.`, {
      hint: 'Copy cli/.skclaw.example.json to .skclaw.json and fill it in.',
    });
  }
  const candidates = [...(environment ? [`.skclaw.${environment}.json`] : []), '.skclaw.json'];
  for (const name of candidates) {
    if ((await readOptional(resolve(cwd, name))) !== null) return resolve(cwd, name);
  }
  return null;
}
