import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readOptional } from '../config.ts';
import { parseJsonc } from '../jsonc.ts';
import type { Environment } from '../target.ts';

const section = z.looseObject({
  name: z.string().optional(),
  account_id: z.string().optional(),
  assets: z
    .looseObject({ directory: z.string().optional(), binding: z.string().optional() })
    .optional(),
  durable_objects: z
    .looseObject({ bindings: z.array(z.looseObject({ name: z.string() })).default([]) })
    .optional(),
  d1_databases: z
    .array(z.looseObject({ binding: z.string(), database_id: z.string().optional() }))
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
const wranglerFile = section.extend({ env: z.record(z.string(), section).default({}) });

export type WranglerSection = z.infer<typeof section>;

export type WranglerConfig =
  | { found: true; section: WranglerSection }
  | { found: false; reason: string; fix: string };

/**
 * What wrangler deploys for an environment. Only name, assets and account are inherited from the top
 * level; bindings and vars are not. Source: Cloudflare, Wrangler configuration, "Environments".
 */
function effectiveSection(source: string, environment: Environment): WranglerConfig {
  const edit = `\${EDITOR:-vi} wrangler.jsonc`;
  let parsed;
  try {
    parsed = wranglerFile.safeParse(parseJsonc(source));
  } catch {
    return { found: false, reason: 'wrangler.jsonc is not JSON.', fix: edit };
  }
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    return { found: false, reason: `wrangler.jsonc is not valid at ${path}.`, fix: edit };
  }
  const { env, ...top } = parsed.data;
  if (environment.isLocal) return { found: true, section: top };
  const own = env[environment.name];
  if (!own)
    return { found: false, reason: `wrangler.jsonc has no env.${environment.name}.`, fix: edit };
  return {
    found: true,
    section: {
      ...own,
      name: own.name ?? (top.name && `${top.name}-${environment.name}`),
      account_id: own.account_id ?? top.account_id,
      assets: own.assets ?? top.assets,
    },
  };
}

/** Reads wrangler.jsonc from the working directory, else from beside the config file. */
export async function readWrangler(environment: Environment, cwd: string): Promise<WranglerConfig> {
  const folders = [cwd, ...(environment.configPath ? [dirname(environment.configPath)] : [])];
  for (const folder of folders) {
    const source = await readOptional(join(folder, 'wrangler.jsonc'));
    if (source !== null) return effectiveSection(source, environment);
  }
  return {
    found: false,
    reason: 'There is no wrangler.jsonc here.',
    fix: 'cd to the project’s root',
  };
}
