import { isAbsolute, join, relative } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { configSchema, type Config } from './config.ts';
import type { WranglerSection } from './wrangler-file.ts';

/** A place in wrangler.jsonc that the config file fills in: `<d1DatabaseId of .skclaw.json>`. */
const PLACEHOLDER = /<([A-Za-z0-9]+) of \.skclaw\.json>/g;

type Fields = Readonly<Record<string, unknown>>;

/** The fields that a text leaves to the config file. */
export function fieldsLeftOpen(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, field = '']) => field);
}

function fillText(text: string, fields: Fields, missing: Set<string>): string {
  return text.replaceAll(PLACEHOLDER, (whole, field: string) => {
    const value = fields[field];
    if (typeof value === 'string') return value;
    missing.add(field);
    return whole;
  });
}

function fillValue(value: unknown, fields: Fields, missing: Set<string>): unknown {
  if (typeof value === 'string') return fillText(value, fields, missing);
  if (Array.isArray(value)) return value.map((item) => fillValue(item, fields, missing));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, fillValue(inner, fields, missing)]),
  );
}

/**
 * A section of wrangler.jsonc with every place filled in from the config file. A var whose optional
 * field is not there is left out, since the Worker may have it as a secret; `missing` names each
 * other field that the config file lacks.
 */
export function fillIn(
  section: WranglerSection,
  config: Config,
): { section: WranglerSection; missing: string[] } {
  const missing = new Set<string>();
  const vars = Object.entries(section.vars).flatMap(([name, value]): [string, unknown][] => {
    const absent = new Set<string>();
    const filled = fillValue(value, config, absent);
    if (absent.size === 0) return [[name, filled]];
    for (const field of absent) {
      // PLATFORMS stands on defaultPlatform, which the routes need besides.
      if (!(field in configSchema.shape) || name === 'PLATFORMS') missing.add(field);
    }
    return [];
  });
  const filled = fillValue({ ...section, vars: {} }, config, missing) as WranglerSection;
  return {
    section: { ...filled, vars: Object.fromEntries(vars) },
    missing: [...missing].toSorted(),
  };
}

/** A path from `folder` to what `path` names from `root`; with `/`, as wrangler reads it. */
function movePath(path: string, folders: { root: string; folder: string }): string {
  if (isAbsolute(path)) return path;
  const moved = relative(folders.folder, join(folders.root, path)).replaceAll('\\', '/');
  return moved.startsWith('.') ? moved : `./${moved}`;
}

export interface ResolveOptions {
  /** What wrangler.jsonc says for the environment, with its placeholders. */
  section: WranglerSection;
  environment: string;
  config: Config;
  /** The folder of wrangler.jsonc, which its relative paths start from; absolute. */
  root: string;
  /** The folder that the answer will be written to; absolute. */
  folder: string;
  /** The image that agents' sandboxes start from, by digest; without it wrangler builds it. */
  image?: string;
}

/**
 * The whole wrangler configuration of one environment: wrangler.jsonc with what the config file says
 * of the account, its relative paths made to start from `folder`. Written there as JSON it is what
 * `wrangler --config` takes, without `--env`. Throws `invalid_config` when the config file lacks a
 * field that it needs.
 */
export function resolveWranglerConfig(options: ResolveOptions): WranglerSection {
  const { environment, config, image } = options;
  const { section, missing } = fillIn(options.section, config);
  if (missing.length > 0) {
    throw new AppError(
      'invalid_config',
      `The config file has no ${missing.join(', ')}, which ${environment} needs.`,
      { hint: 'Add it to .skclaw.json; `skclaw env validate` says more.' },
    );
  }
  const move = (path: string): string => movePath(path, options);
  const moveIn = <Key extends string>(record: Partial<Record<Key, string>>, keys: Key[]) =>
    Object.fromEntries(
      keys.flatMap((key) => (record[key] === undefined ? [] : [[key, move(record[key])]])),
    );
  return {
    ...section,
    name: config.workerName,
    account_id: config.accountId,
    ...moveIn(section, ['main']),
    assets: { ...section.assets, directory: move(config.assetsDir) },
    d1_databases: section.d1_databases.map((database) => ({
      ...database,
      ...moveIn(database, ['migrations_dir']),
    })),
    containers: section.containers.map((container) => ({
      ...container,
      images: Object.fromEntries(
        Object.entries(container.images).map(([name, built]) => [
          name,
          image === undefined
            ? { ...built, ...moveIn(built, ['dockerfile', 'build_context']) }
            : { image },
        ]),
      ),
    })),
  };
}
