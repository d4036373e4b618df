import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { z } from 'zod';
import { ROOT } from '../../local/runner/paths.ts';
import { type Part, serializeConfig, simulate } from './simulators.ts';

/** What is read of wrangler.jsonc. */
const wranglerConfig = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  vars: z.record(z.string(), z.string()),
  d1_databases: z.array(z.object({ binding: z.string(), database_id: z.string() })),
  kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string() })),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })),
  durable_objects: z.object({
    bindings: z.array(z.object({ name: z.string(), class_name: z.string() })),
  }),
  assets: z.object({ binding: z.string(), directory: z.string() }),
});

/** Pages are looked for in `caches.default` first; here none is ever there. */
const EMPTY_CACHE: Part = {
  modules: [
    {
      name: 'cache.js',
      esModule: `export default { fetch: ({ method }) => method === 'PUT'
        ? new Response(null, { status: 204 })
        : new Response(null, { status: 504, headers: { 'cf-cache-status': 'MISS' } }) }`,
    },
  ],
  compatibilityDate: '2026-11-01',
};

/**
 * The config of a workerd that serves the bundle in `bundleDir` as wrangler.jsonc binds it. A
 * request goes from the socket straight to the Worker, and the Worker's own `fetch` straight to the
 * network: Miniflare and `wrangler dev` put Workers of theirs before, behind and, for assets, between,
 * each of which costs as much as a small Worker of one's own.
 */
export async function workerConfig(options: {
  bundleDir: string;
  stateDir: string;
  vars: Record<string, string>;
}): Promise<Buffer> {
  const { bundleDir, stateDir, vars } = options;
  const config = wranglerConfig.parse(
    unstable_readConfig({ config: join(ROOT, 'wrangler.jsonc') }),
  );
  const simulated = await simulate(
    {
      ...byName(config.d1_databases, (d1) => ({ type: 'd1' as const, id: d1.database_id })),
      ...byName(config.kv_namespaces, (kv) => ({ type: 'kv' as const, id: kv.id })),
      ...byName(config.r2_buckets, (r2) => ({ type: 'r2' as const, name: r2.bucket_name })),
    },
    join(stateDir, 'state'),
  );
  const objectsDir = join(stateDir, 'objects');
  await mkdir(objectsDir, { recursive: true });
  const objects = config.durable_objects.bindings;
  const worker = {
    modules: await modulesOf(bundleDir),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bindings: [
      ...Object.entries({ ...config.vars, ...vars }).map(([name, text]) => ({ name, text })),
      ...simulated.bindings,
      ...objects.map(({ name, class_name: className }) => ({
        name,
        durableObjectNamespace: { className },
      })),
      { name: config.assets.binding, service: { name: 'assets' } },
    ],
    durableObjectNamespaces: objects.map(({ class_name: className }) => ({
      className,
      uniqueKey: className,
      enableSql: true,
    })),
    durableObjectStorage: { localDisk: 'objects' },
    cacheApiOutbound: { name: 'cache' },
  };
  return serializeConfig({
    services: [
      { name: 'worker', worker },
      { name: 'cache', worker: EMPTY_CACHE },
      { name: 'objects', disk: { path: objectsDir, writable: true } },
      { name: 'assets', disk: { path: join(ROOT, config.assets.directory) } },
      // workerd's own default reaches no private address, and the upstream has one.
      { name: 'internet', network: { allow: ['public', 'private'] } },
      ...simulated.services,
    ],
    extensions: simulated.extensions,
    sockets: [{ name: 'http', address: '127.0.0.1:0', service: { name: 'worker' }, http: {} }],
  });
}

function byName<T extends { binding: string }, U>(
  bindings: readonly T[],
  describe: (binding: T) => U,
): Record<string, U> {
  return Object.fromEntries(bindings.map((one) => [one.binding, describe(one)]));
}

/** The main module comes first; the others are the SQL files that it imports as text. */
async function modulesOf(bundleDir: string): Promise<Part[]> {
  const names = (await readdir(bundleDir)).filter((name) => name.endsWith('.sql'));
  const read = (name: string): Promise<string> => readFile(join(bundleDir, name), 'utf8');
  const texts = names.map(async (name) => ({ name, text: await read(name) }));
  return [{ name: 'index.js', esModule: await read('index.js') }, ...(await Promise.all(texts))];
}
