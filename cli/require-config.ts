import { AppError } from '../contract/errors.ts';
import { loadConfig, type Config } from './config.ts';
import { refuseProductionsFile, type Environment } from './target.ts';

/**
 * The config file of a remote environment, for what is done at Cloudflare. `what` says why the local
 * one has none of it. Throws `invalid_usage` for local, and `invalid_config` without a file or with
 * production's: what is meant for staging would be done to production's Worker and zone.
 */
export async function requireConfig(environment: Environment, what: string): Promise<Config> {
  const { isLocal, name, configPath } = environment;
  if (isLocal) {
    throw new AppError('invalid_usage', `${what}; local has none.`, {
      hint: 'Choose one with --env staging or --env production.',
    });
  }
  const loaded = configPath === null ? null : await loadConfig(configPath);
  if (!loaded) {
    throw new AppError('invalid_config', `There is no config file for ${name}.`, {
      hint: 'Copy cli/.skclaw.example.json to .skclaw.json and fill it in.',
    });
  }
  refuseProductionsFile(environment, loaded);
  return loaded.config;
}
