import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Parts of workerd's config (workerd.capnp), as Miniflare's encoder takes them. */
export type Part = Record<string, unknown>;

/** The bindings of wrangler.jsonc that are other services at Cloudflare, as Miniflare describes them. */
type Bindings = Record<string, { type: 'd1' | 'kv'; id: string } | { type: 'r2'; name: string }>;

interface Plugin {
  getBindings(options: Part, shared: Part): Promise<Part[]>;
  getServices(options: Part): Promise<Part[]>;
}

/** The part of Miniflare that is used here; wrangler brings the package along. */
interface MiniflareModule {
  D1_PLUGIN: Plugin;
  KV_PLUGIN: Plugin;
  R2_PLUGIN: Plugin;
  serializeConfig(config: Part): Buffer;
}

const ours = createRequire(import.meta.url);
const wranglers = createRequire(ours.resolve('wrangler'));
const miniflare = wranglers('miniflare') as MiniflareModule;
const miniflares = createRequire(wranglers.resolve('miniflare'));

/** The workerd that this wrangler brings along. */
export const WORKERD = (miniflares('workerd') as { default: string }).default;
/** Writes a config the way `workerd serve --binary` reads it. */
export const { serializeConfig } = miniflare;

/** Modules that the simulators import. */
const SHARED = ['shared/index.worker.js', 'shared/zod.worker.js'];
const SHARED_NAMES = ['miniflare:shared', 'miniflare:zod'];

/**
 * What stands in for D1, KV and R2 on this machine: Miniflare's own simulators, which keep their
 * data below `persistDir` where `wrangler d1 migrations apply --persist-to` puts it.
 */
export async function simulate(
  env: Bindings,
  persistDir: string,
): Promise<{ bindings: Part[]; services: Part[]; extensions: Part[] }> {
  const options = { config: { env } };
  const sharedOptions = { resourcePersistencePath: join(persistDir, 'v3') };
  const plugins = [miniflare.D1_PLUGIN, miniflare.KV_PLUGIN, miniflare.R2_PLUGIN];
  const bindings = plugins.map((plugin) => plugin.getBindings(options, sharedOptions));
  const services = plugins.map((plugin) => plugin.getServices({ options, sharedOptions }));
  const workers = join(dirname(wranglers.resolve('miniflare')), 'workers');
  const modules = SHARED.map((file, index) => ({
    name: SHARED_NAMES[index],
    esModule: readFileSync(join(workers, file), 'utf8'),
  }));
  // The simulators' way to Miniflare, for its log; here is none.
  const loopback = { name: 'loopback', external: { address: '127.0.0.1:9', http: {} } };
  return {
    bindings: (await Promise.all(bindings)).flat(),
    services: [...(await Promise.all(services)).flat(), loopback],
    extensions: [{ modules }],
  };
}
