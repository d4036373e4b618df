import type { Config } from '../config.ts';
import { failed, passed, same, type Check } from './check.ts';
import type { WranglerSection } from './wrangler.ts';

/** Bindings that the Worker does not start without, and where wrangler.jsonc lists them. */
const BINDINGS = {
  DB: 'd1_databases',
  DIRECTORY: 'kv_namespaces',
  SNAPSHOTS: 'r2_buckets',
  TENANT_AGENT: 'durable_objects',
  ASSETS: 'assets',
  CF_VERSION_METADATA: 'version_metadata',
  SIGN_IN_LIMIT: 'ratelimits',
  REFUSAL_LIMIT: 'ratelimits',
  PUBLIC_LIMIT: 'ratelimits',
} as const;

function bindingNames(section: WranglerSection): Set<string | undefined> {
  return new Set([
    ...section.d1_databases.map(({ binding }) => binding),
    ...section.kv_namespaces.map(({ binding }) => binding),
    ...section.r2_buckets.map(({ binding }) => binding),
    ...section.ratelimits.map(({ name }) => name),
    ...(section.durable_objects?.bindings ?? []).map(({ name }) => name),
    section.assets?.binding,
    section.version_metadata?.binding,
  ]);
}

/** Whether every binding of the Worker is declared. `where` is its place in wrangler.jsonc. */
export function bindingChecks(section: WranglerSection, where: string): Check[] {
  const names = bindingNames(section);
  return Object.entries(BINDINGS).map(([binding, list]) => {
    const name = `wrangler.binding.${binding}`;
    if (names.has(binding)) return passed(name, `${binding} is declared.`);
    const fix = `Declare ${binding} under ${where}${list} in wrangler.jsonc.`;
    return failed(name, `${where}${list} does not declare ${binding}.`, fix);
  });
}

function folder(path: string | undefined): string | undefined {
  return path?.replace(/^\.\//, '').replace(/\/+$/, '');
}

/** Whether what wrangler would deploy is what the config file says. */
export function matchChecks(section: WranglerSection, config: Config, where: string): Check[] {
  const set = (key: string, value: string): string =>
    `Set ${where}${key} to ${value} in wrangler.jsonc.`;
  const database = section.d1_databases.find(({ binding }) => binding === 'DB');
  const directory = section.kv_namespaces.find(({ binding }) => binding === 'DIRECTORY');
  const bucket = section.r2_buckets.find(({ binding }) => binding === 'SNAPSHOTS');
  const rows: [name: string, key: string, actual: string | undefined, expected: string][] = [
    ['name', 'name', section.name, config.workerName],
    [
      'assets',
      'assets.directory',
      folder(section.assets?.directory),
      folder(config.assetsDir) ?? '',
    ],
    ['database', 'd1_databases[DB].database_id', database?.database_id, config.d1DatabaseId],
    ['kv', 'kv_namespaces[DIRECTORY].id', directory?.id, config.kvNamespaceId],
    ['bucket', 'r2_buckets[SNAPSHOTS].bucket_name', bucket?.bucket_name, config.r2BucketName],
    // The account may also come from CLOUDFLARE_ACCOUNT_ID; only another one is wrong.
    ['account', 'account_id', section.account_id ?? config.accountId, config.accountId],
  ];
  return rows.map(([name, key, actual, expected]) =>
    same(`wrangler.${name}`, { what: where + key, actual, expected, fix: set(key, expected) }),
  );
}
