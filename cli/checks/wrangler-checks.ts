import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Config } from '../config.ts';
import { fieldsLeftOpen, fillIn } from '../wrangler-config.ts';
import type { WranglerSection } from '../wrangler-file.ts';
import { failed, passed, same, skipped, type Check } from './check.ts';

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

/** The class of every agent: the Durable Object that owns its container. */
const AGENT_CLASS = 'TenantAgent';
/** The image that `TenantAgent` starts. */
const AGENT_IMAGE = 'agent';
const EDIT = `\${EDITOR:-vi} wrangler.jsonc`;

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

function containerCheck({ containers }: WranglerSection, where: string): Check {
  const name = 'wrangler.containers';
  const container = containers.find(({ class_name: owner }) => owner === AGENT_CLASS);
  const key = `${where}containers`;
  if (!container) return failed(name, `${key} has none of class ${AGENT_CLASS}.`, EDIT);
  if (container.scheduling_policy !== 'durable_object') {
    const message = `${key}: scheduling_policy must be durable_object, and can't be changed once deployed.`;
    return failed(name, message, EDIT);
  }
  const image = container.images[AGENT_IMAGE];
  if (!image?.dockerfile && !image?.image) {
    return failed(name, `${key}: images.${AGENT_IMAGE} names no Dockerfile and no image.`, EDIT);
  }
  return passed(name, `${AGENT_CLASS} owns containers of the image ${AGENT_IMAGE}.`);
}

function cronCheck({ triggers }: WranglerSection): Check {
  const crons = triggers?.crons ?? [];
  const name = 'wrangler.cron';
  return crons.length > 0
    ? passed(name, `cron runs at ${crons.join(', ')}.`)
    : failed(name, 'triggers.crons is empty: nothing sweeps overdue agents.', EDIT);
}

/**
 * Whether the Durable Object migrations keep the agents: the class is there with SQLite, nothing
 * takes it away, and each tag is there once.
 */
function migrationCheck({ migrations }: WranglerSection): Check {
  const name = 'wrangler.migrations';
  const tags = migrations.map(({ tag }) => tag);
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) return failed(name, `The migration ${twice} is there twice.`, EDIT);
  const gone = migrations.find(({ deleted_classes: deleted = [], renamed_classes: renamed = [] }) =>
    JSON.stringify([deleted, renamed]).includes(`"${AGENT_CLASS}"`),
  );
  if (gone) {
    return failed(
      name,
      `The migration ${gone.tag} takes ${AGENT_CLASS} away, with all agents.`,
      EDIT,
    );
  }
  const isMade = migrations.some(({ new_sqlite_classes: made = [] }) => made.includes(AGENT_CLASS));
  return isMade
    ? passed(name, `The migrations are ${tags.join(', ')}.`)
    : failed(name, `No migration makes ${AGENT_CLASS} with SQLite.`, EDIT);
}

/** What holds for every environment: containers, cron and migrations. */
export function shapeChecks(section: WranglerSection, where: string): Check[] {
  return [containerCheck(section, where), cronCheck(section), migrationCheck(section)];
}

function folder(path: string | undefined): string | undefined {
  return path?.replace(/^\.\//, '').replace(/\/+$/, '');
}

/** `<platform>/*` and `*.<platform>/*`, both in the config's zone. */
function routesCheck(section: WranglerSection, config: Config, where: string): Check {
  const name = 'wrangler.routes';
  const { defaultPlatform: platform, zoneId } = config;
  if (platform === undefined) {
    return skipped(
      name,
      'Without defaultPlatform in the config file there are no routes to check.',
    );
  }
  const inZone = section.routes.flatMap((route) =>
    typeof route !== 'string' && route.zone_id === zoneId ? [route.pattern] : [],
  );
  const wanted = [`${platform}/*`, `*.${platform}/*`];
  const lacking = wanted.filter((pattern) => !inZone.includes(pattern));
  return lacking.length === 0
    ? passed(name, `${wanted.join(' and ')} lead to the Worker.`)
    : failed(name, `${where}routes lacks ${lacking.join(' and ')} in the zone ${zoneId}.`, EDIT);
}

/**
 * Whether what wrangler would deploy is what the config file says: an id that is left to the config
 * file fits, another one than the config file's does not.
 */
export function matchChecks(raw: WranglerSection, config: Config, where: string): Check[] {
  const find = (section: WranglerSection): Record<string, string | undefined> => ({
    name: section.name,
    assets: folder(section.assets?.directory),
    database: section.d1_databases.find(({ binding }) => binding === 'DB')?.database_id,
    kv: section.kv_namespaces.find(({ binding }) => binding === 'DIRECTORY')?.id,
    bucket: section.r2_buckets.find(({ binding }) => binding === 'SNAPSHOTS')?.bucket_name,
    account: section.account_id,
  });
  const { section } = fillIn(raw, config);
  const written = find(raw);
  const actual = find(section);
  const rows: [name: string, key: string, expected: string][] = [
    ['name', 'name', config.workerName],
    ['assets', 'assets.directory', folder(config.assetsDir) ?? ''],
    ['database', 'd1_databases[DB].database_id', config.d1DatabaseId],
    ['kv', 'kv_namespaces[DIRECTORY].id', config.kvNamespaceId],
    ['bucket', 'r2_buckets[SNAPSHOTS].bucket_name', config.r2BucketName],
    ['account', 'account_id', config.accountId],
  ];
  const checks = rows.map(([short, key, expected]) => {
    const name = `wrangler.${short}`;
    const left = fieldsLeftOpen(written[short] ?? '');
    if (left.length > 0 && actual[short] === expected) {
      return passed(name, `${where}${key} is filled in from the config file at deploy.`);
    }
    // The account may also come from CLOUDFLARE_ACCOUNT_ID; only another one is wrong.
    const said = short === 'account' ? (actual[short] ?? expected) : actual[short];
    const fix = `Set ${where}${key} to ${expected} in wrangler.jsonc.`;
    return same(name, { what: where + key, actual: said, expected, fix });
  });
  return [...checks, routesCheck(section, config, where)];
}

/** Whether the site is built where wrangler looks for it. `root` is the folder of wrangler.jsonc. */
export async function assetsCheck(root: string, assetsDir: string): Promise<Check> {
  const name = 'wrangler.assetsDir';
  const path = isAbsolute(assetsDir) ? assetsDir : join(root, assetsDir);
  try {
    await access(path);
    return passed(name, `${assetsDir} is built.`);
  } catch {
    return skipped(
      name,
      `${assetsDir} is not built yet; \`skclaw deploy\` and \`npm run build\` do.`,
    );
  }
}
