import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readOptional } from './config.ts';
import { parseJsonc } from './jsonc.ts';
import type { Environment } from './target.ts';

/** The image of a container: built from a Dockerfile, or one that lies in the account's registry. */
const image = z.looseObject({
  dockerfile: z.string().optional(),
  build_context: z.string().optional(),
  image: z.string().optional(),
});

/** What skclaw reads of a section of wrangler.jsonc; the rest passes through. */
const section = z.looseObject({
  name: z.string().optional(),
  account_id: z.string().optional(),
  main: z.string().optional(),
  routes: z
    .array(
      z.union([z.string(), z.looseObject({ pattern: z.string(), zone_id: z.string().optional() })]),
    )
    .default([]),
  assets: z
    .looseObject({ directory: z.string().optional(), binding: z.string().optional() })
    .optional(),
  durable_objects: z
    .looseObject({
      bindings: z
        .array(z.looseObject({ name: z.string(), class_name: z.string().optional() }))
        .default([]),
    })
    .optional(),
  migrations: z
    .array(
      z.looseObject({
        tag: z.string(),
        new_sqlite_classes: z.array(z.string()).optional(),
        deleted_classes: z.array(z.string()).optional(),
        renamed_classes: z.array(z.unknown()).optional(),
      }),
    )
    .default([]),
  containers: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        class_name: z.string().optional(),
        scheduling_policy: z.string().optional(),
        images: z.record(z.string(), image).default({}),
      }),
    )
    .default([]),
  triggers: z.looseObject({ crons: z.array(z.string()).default([]) }).optional(),
  d1_databases: z
    .array(
      z.looseObject({
        binding: z.string(),
        database_id: z.string().optional(),
        migrations_dir: z.string().optional(),
      }),
    )
    .default([]),
  kv_namespaces: z
    .array(z.looseObject({ binding: z.string(), id: z.string().optional() }))
    .default([]),
  r2_buckets: z
    .array(z.looseObject({ binding: z.string(), bucket_name: z.string().optional() }))
    .default([]),
  version_metadata: z.looseObject({ binding: z.string() }).optional(),
  ratelimits: z.array(z.looseObject({ name: z.string() })).default([]),
  vars: z.record(z.string(), z.unknown()).default({}),
});
/** What wrangler does for one environment. */
export type WranglerSection = z.infer<typeof section>;

const wranglerFile = section.extend({
  env: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/**
 * What a named environment does not inherit from the top level, and what is no part of one. Source:
 * Cloudflare, Wrangler configuration, "Non-inheritable keys"; `EnvironmentNonInheritable` of wrangler
 * 4.156 adds containers and ratelimits.
 */
const NOT_INHERITED: ReadonlySet<string> = new Set([
  'define',
  'vars',
  'durable_objects',
  'containers',
  'kv_namespaces',
  'r2_buckets',
  'd1_databases',
  'ratelimits',
  'version_metadata',
  'env',
  '$schema',
]);

export type WranglerFile =
  | { found: true; section: WranglerSection; folder: string }
  | { found: false; reason: string; fix: string };

const EDIT = `\${EDITOR:-vi} wrangler.jsonc`;

function invalid(error: z.ZodError, where = ''): { reason: string } {
  const path = error.issues[0]?.path.join('.') ?? '';
  return { reason: `wrangler.jsonc is not valid at ${where}${path}.` };
}

/** The section of an environment, with what it inherits; the top level for the local one. */
function sectionOf(
  source: string,
  environment: Pick<Environment, 'name' | 'isLocal'>,
): WranglerSection | { reason: string } {
  let json: unknown;
  try {
    json = parseJsonc(source);
  } catch {
    return { reason: 'wrangler.jsonc is not JSON.' };
  }
  const parsed = wranglerFile.safeParse(json);
  if (!parsed.success) return invalid(parsed.error);
  const { env, ...top } = parsed.data;
  if (environment.isLocal) return top;
  const { name } = environment;
  const own = env[name];
  if (!own) return { reason: `wrangler.jsonc has no env.${name}.` };
  const inherited = Object.entries(top).filter(([key]) => !NOT_INHERITED.has(key));
  const merged = section.safeParse({
    ...Object.fromEntries(inherited),
    ...(top.name ? { name: `${top.name}-${name}` } : {}),
    ...own,
  });
  return merged.success ? merged.data : invalid(merged.error, `env.${name}.`);
}

/**
 * What wrangler.jsonc says for an environment. The file is read from the working directory, else
 * from beside the config file, else from the project at `root`; `folder` is where it lies.
 */
export async function readWrangler(
  environment: Pick<Environment, 'name' | 'isLocal' | 'configPath'>,
  { cwd, root }: { cwd: string; root: string },
): Promise<WranglerFile> {
  const beside = environment.configPath ? [dirname(environment.configPath)] : [];
  const folders = [cwd, ...beside, root];
  for (const folder of folders) {
    const source = await readOptional(join(folder, 'wrangler.jsonc'));
    if (source === null) continue;
    const found = sectionOf(source, environment);
    if ('reason' in found) return { found: false, reason: String(found.reason), fix: EDIT };
    return { found: true, section: found, folder };
  }
  return {
    found: false,
    reason: 'There is no wrangler.jsonc here.',
    fix: 'cd to the project’s root',
  };
}
