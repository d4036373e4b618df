import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { Config } from '../config.ts';
import type { Io } from '../io.ts';
import type { Environment } from '../target.ts';
import { resolveWranglerConfig } from '../wrangler-config.ts';
import { readWrangler, type WranglerSection } from '../wrangler-file.ts';
import { imageTagOf } from './image.ts';
import type { PlanFacts, Serving } from './plan.ts';

/** Built configurations lie here, from the project's root; git ignores it. */
const BUILT = 'dist/deploy';

/** One deploy, as far as the checkout and the config file say. */
export interface Prepared {
  environment: string;
  config: Config;
  /** The apex of the platform that is deployed to. */
  platform: string;
  root: string;
  /** Where the resolved configuration is written, from the project's root. */
  configFile: string;
  imageTag: string;
  /** The newest Durable Object migration of wrangler.jsonc. */
  migrationTag: string;
  /** Writes the resolved configuration, with the agents' image by digest when there is one. */
  writeConfig(image?: string): Promise<void>;
}

/**
 * Reads what a deploy of this checkout needs and resolves its configuration once, so that a field
 * that is missing shows before anything begins. Throws `invalid_config`.
 */
export async function prepareDeploy(
  io: Pick<Io, 'root'>,
  { environment, config }: { environment: Environment; config: Config },
): Promise<Prepared> {
  const { root } = io;
  const found = await readWrangler(environment, { cwd: root, root });
  if (!found.found) throw new AppError('invalid_config', found.reason, { hint: found.fix });
  const platform = config.defaultPlatform;
  if (platform === undefined) {
    throw new AppError('invalid_config', 'The config file has no defaultPlatform to deploy to.');
  }
  const folder = join(root, BUILT);
  const configFile = join(folder, `wrangler.${environment.name}.json`);
  const resolve = (image?: string): WranglerSection =>
    resolveWranglerConfig({
      section: found.section,
      environment: environment.name,
      config,
      root,
      folder,
      ...(image === undefined ? {} : { image }),
    });
  const resolved = resolve();
  return {
    environment: environment.name,
    config,
    platform,
    root,
    configFile: relative(root, configFile).replaceAll('\\', '/'),
    imageTag: await imageTagOf(root, `${config.workerName}-agent`),
    migrationTag: resolved.migrations.at(-1)?.tag ?? '',
    async writeConfig(image) {
      await mkdir(folder, { recursive: true });
      await writeFile(configFile, `${JSON.stringify(resolve(image), null, 2)}\n`);
    },
  };
}

/** What a plan is made of. `serving` is null when nobody was asked. */
export function factsOf(
  prepared: Prepared,
  options: { serving: Serving | null; image: string | null; wakes: boolean },
): PlanFacts {
  const { environment, config, platform, configFile, imageTag, migrationTag } = prepared;
  return {
    environment,
    workerName: config.workerName,
    platform,
    migrationTag,
    imageTag,
    configFile,
    tierModels: Object.entries(config.modelTierMap ?? {}),
    ...options,
  };
}
