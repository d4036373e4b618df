import { AppError } from '../../contract/errors.ts';
import type { Client } from '../client.ts';
import type { Io } from '../io.ts';
import type { StepRunners } from './apply.ts';
import { checkEdge, type EdgeTarget } from './edge-checks.ts';
import { pushImage } from './image.ts';
import { migrate } from './migrate.ts';
import type { Prepared } from './prepare.ts';
import type { Programs } from './programs.ts';
import type { ServingNow } from './serving.ts';
import { smokeRouting, smokeWake } from './smoke.ts';

export interface DeployParts {
  io: Io;
  prepared: Prepared;
  programs: Programs;
  client: Client;
  /** What served when the deploy began. */
  serving: ServingNow;
  wakes: boolean;
  /** An image that was pushed before, by digest; null to build one. */
  image: string | null;
  edge: EdgeTarget;
  readServing(): Promise<ServingNow>;
  /** Gives a tier its model, as `routing set` does. */
  routeTier(tier: string, model: string): Promise<void>;
  /** The checks of `env validate` that need no running system; how many passed. Throws the failures. */
  validate(): Promise<number>;
}

export interface DeployRun {
  runners: StepRunners;
  version(): string | null;
  isOurs(): Promise<boolean>;
  rollBack(): Promise<void>;
}

function versionOf(outputs: readonly Record<string, unknown>[], type: string): string {
  const id = outputs.find((output) => output['type'] === type)?.['version_id'];
  if (typeof id === 'string') return id;
  throw new AppError('upstream_failed', 'wrangler did not say which version it made.');
}

/** What each step of one deploy does. The steps share what the ones before have made. */
export function deployRun(parts: DeployParts): DeployRun {
  const { io, prepared, programs, client, serving, edge } = parts;
  const { root, configFile, imageTag, platform } = prepared;
  const config = ['--config', configFile];
  let image: string | undefined;
  let version: string | null = null;
  /** The deployment that is expected to be the newest: another one is somebody else's. */
  let expected = serving.deploymentId;

  const made = (): string => {
    if (version === null) throw new AppError('internal', 'There is no new version yet.');
    return version;
  };
  async function refuseOthers(): Promise<void> {
    const now = await parts.readServing();
    if (now.deploymentId === expected) return;
    // A deployment that took effect although wrangler failed.
    if (version !== null && now.deployed.includes(version)) return;
    throw new AppError('conflict', 'Another release began meanwhile.', {
      hint: 'Let it end, and deploy again.',
    });
  }
  async function deployVersions(...specs: string[]): Promise<void> {
    const { outputs } = await programs.wrangler([
      'versions',
      'deploy',
      ...specs,
      '--yes',
      ...config,
    ]);
    const id = outputs.find(({ type }) => type === 'version-deploy')?.['deployment_id'];
    expected = typeof id === 'string' ? id : (await parts.readServing()).deploymentId;
  }
  const checked = async (override: boolean): Promise<string> => {
    const checks = await checkEdge(io, { target: edge, versionId: made(), override });
    return checks.map(({ name }) => name).join(', ');
  };

  return {
    version: () => version,
    async isOurs() {
      try {
        await refuseOthers();
      } catch (error) {
        // Nobody answers: a version that failed must not serve on because of that.
        return !(error instanceof AppError && error.code === 'conflict');
      }
      return true;
    },
    async rollBack() {
      await deployVersions(`${serving.versionId}@100%`);
    },
    runners: {
      validate: async () => `${await parts.validate()} checks passed`,
      async build() {
        await programs.buildSite();
        await prepared.writeConfig();
        return configFile;
      },
      async image() {
        const { accountId } = prepared.config;
        image = parts.image ?? (await pushImage(programs, { tag: imageTag, accountId }));
        await prepared.writeConfig(image);
        return image;
      },
      migrate: () =>
        migrate(programs, { root, configFile, isFirst: serving.migrationTag === null }),
      async deploy() {
        await refuseOthers();
        const { outputs } = await programs.wrangler(['deploy', ...config]);
        version = versionOf(outputs, 'deploy');
        return `version ${version} serves`;
      },
      async upload() {
        const { outputs } = await programs.wrangler(['versions', 'upload', ...config]);
        version = versionOf(outputs, 'version-upload');
        return `version ${version}`;
      },
      async stage() {
        await refuseOthers();
        await deployVersions(`${made()}@0%`, `${serving.versionId}@100%`);
        return 'at 0 %';
      },
      check: () => checked(true),
      async release() {
        await refuseOthers();
        await deployVersions(`${made()}@100%`);
        return 'at 100 %';
      },
      async triggers() {
        await programs.wrangler(['triggers', 'deploy', ...config]);
        return 'routes and cron are as configured';
      },
      async models() {
        const tiers = Object.entries(prepared.config.modelTierMap ?? {});
        for (const [tier, model] of tiers) await parts.routeTier(tier, model);
        return tiers.map(([tier, model]) => `${tier} ${model}`).join(', ');
      },
      async smoke() {
        const said = [await checked(false), await smokeRouting(client)];
        if (parts.wakes) said.push(await smokeWake(io, client, platform));
        return said.join('; ');
      },
    },
  };
}
