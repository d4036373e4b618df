/** How a new version goes out: whole at once, or at 0 % first and checked there. */
export type ReleaseMode = 'whole' | 'gradual';

/** What serves now, as far as a plan needs to know. */
export interface Serving {
  /** The version that gets all requests; null when nothing was ever deployed. */
  versionId: string | null;
  /** The newest Durable Object migration that the deployed Worker has; null when it has none. */
  migrationTag: string | null;
}

export interface PlanFacts {
  environment: string;
  workerName: string;
  /** The platform's apex, whose hosts are checked. */
  platform: string;
  /** The newest Durable Object migration in wrangler.jsonc. */
  migrationTag: string;
  /** The image's tag: made of what it is built from. */
  imageTag: string;
  /** An image that was pushed before, by digest, in place of one that is built now; else null. */
  image: string | null;
  /** Where the resolved wrangler configuration is written, from the project's root. */
  configFile: string;
  /** Null when nobody was asked, as with --offline. */
  serving: Serving | null;
  /** `modelTierMap` of the config file: what the first policy should route to. */
  tierModels: readonly (readonly [tier: string, model: string])[];
  /** Whether the smoke test wakes an agent of its own. */
  wakes: boolean;
}

export const STEP_NAMES = [
  'validate',
  'build',
  'image',
  'migrate',
  'deploy',
  'upload',
  'stage',
  'check',
  'release',
  'triggers',
  'models',
  'smoke',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export interface PlannedStep {
  name: StepName;
  summary: string;
  /** What it runs or asks, as a person could. `<…>` is known only when the step before has ended. */
  does: string[];
  /** What is left when it fails. */
  onFailure: string;
  /** When it is part of the release; always, where this is not said. */
  when?: string;
}

export interface DeployPlan {
  environment: string;
  worker: string;
  platform: string;
  /** Null when it depends on what serves now, which nobody was asked. */
  mode: ReleaseMode | null;
  reason: string;
  /** The version before, which a failure goes back to. */
  previousVersion: string | null;
  steps: PlannedStep[];
}

function modeOf({ serving, migrationTag }: PlanFacts): Pick<DeployPlan, 'mode' | 'reason'> {
  if (serving === null) {
    return {
      mode: null,
      reason: 'What serves now is not known offline; the steps say when each is part of it.',
    };
  }
  // Secrets that were set before the first deploy have made a draft, without any code of ours.
  if (serving.versionId === null || serving.migrationTag === null) {
    return {
      mode: 'whole',
      reason: 'The first deploy: there is no version before that could go on serving.',
    };
  }
  if (serving.migrationTag !== migrationTag) {
    return {
      mode: 'whole',
      reason: `Durable Object migration ${migrationTag} is new (${serving.migrationTag} is deployed): Cloudflare applies it to all requests at once, and a version from before it can't come back.`,
    };
  }
  return {
    mode: 'gradual',
    reason: `Version ${serving.versionId} goes on serving until the new one was checked.`,
  };
}

const FIRST_ONLY = 'on the first deploy only: later the policy holds';
const NOTHING = 'Nothing was released.';
const UNTOUCHED = 'Nothing was changed: the version before serves on.';
const BACK = 'The version before is put back to 100 %.';
/** What a way back leaves, from the step on that sets them. */
export const TRIGGERS_STAY = 'Routes and cron stay as this checkout has them.';

/** What is left when the released system fails its test: a whole release has no way back. */
function afterSmoke(mode: ReleaseMode | null): string {
  const gradual = `${BACK} ${TRIGGERS_STAY}`;
  const whole =
    'The new version serves, and there is none to go back to: mend it and deploy again.';
  if (mode === null) return `After a gradual release: ${gradual} After a whole one: ${whole}`;
  return mode === 'gradual' ? gradual : whole;
}

/** The address of what is asked at the edge. */
function edgeChecks(platform: string): string[] {
  return [
    `GET https://api.${platform}/healthz: the Worker has what it needs`,
    `GET https://api.${platform}/admin/api/health: each binding answers`,
    `GET https://${platform}/: the site`,
    `GET https://${platform}/admin and https://api.${platform}/admin without credentials: Access keeps them shut`,
  ];
}

/**
 * The steps of one deploy, in their order: what `--dry-run` prints, and what is then done. A pure
 * function of what is known before it begins.
 */
export function planDeploy(facts: PlanFacts): DeployPlan {
  const { environment, workerName, platform, configFile, imageTag, wakes } = facts;
  const { mode, reason } = modeOf(facts);
  const config = `--config ${configFile}`;
  const previous = facts.serving?.versionId ?? '<previous version>';
  const gradually = 'a version serves already and no Durable Object migration is new';
  const untouched = mode === 'whole' && facts.serving?.migrationTag === null ? NOTHING : UNTOUCHED;
  const steps: PlannedStep[] = [
    {
      name: 'validate',
      summary: 'Check config file, wrangler.jsonc, account and variables',
      does: [`skclaw env validate --env ${environment}`],
      onFailure: untouched,
    },
    {
      name: 'build',
      summary: 'Build the site, and write the configuration of this environment',
      does: ['vite build', `write ${configFile}`],
      onFailure: untouched,
    },
    {
      name: 'image',
      summary:
        facts.image === null
          ? 'Build the agents’ image and push it by digest'
          : 'Take the agents’ image that was pushed before',
      does:
        facts.image === null
          ? [
              `wrangler containers build sandbox --tag ${imageTag}`,
              `wrangler containers push ${imageTag}`,
            ]
          : [`use ${facts.image}`],
      onFailure: untouched,
    },
    {
      name: 'migrate',
      summary: 'Apply D1 migrations that only add',
      does: [`wrangler d1 migrations apply DB --remote ${config}`],
      onFailure:
        'A migration that failed is undone by D1; those before it stay. They only add: the version before serves on.',
    },
    {
      name: 'deploy',
      summary: 'Release the whole Worker with its routes and cron in one step',
      does: [`wrangler deploy ${config}`],
      onFailure:
        'wrangler uploads the Worker first and sets routes and cron then: after a failure of these the new version serves already.',
      when: `not if ${gradually}`,
    },
    {
      name: 'upload',
      summary: 'Upload the new version without giving it a request',
      does: [`wrangler versions upload ${config}`],
      onFailure:
        'The D1 migrations of this release are applied and stay. They only add: the version before serves on.',
      when: gradually,
    },
    {
      name: 'stage',
      summary: 'Deploy it at 0 %, so that only checks reach it',
      does: [`wrangler versions deploy <new version>@0% ${previous}@100% --yes ${config}`],
      onFailure: BACK,
      when: gradually,
    },
    {
      name: 'check',
      summary: 'Ask the new version at the edge by its version-override header',
      does: [
        `Cloudflare-Workers-Version-Overrides: ${workerName}="<new version>"`,
        ...edgeChecks(platform),
      ],
      onFailure: BACK,
      when: gradually,
    },
    {
      name: 'release',
      summary: 'Give the new version all requests',
      does: [`wrangler versions deploy <new version>@100% --yes ${config}`],
      onFailure: BACK,
      when: gradually,
    },
    {
      name: 'triggers',
      summary: 'Bring routes and cron to what the configuration says',
      does: [`wrangler triggers deploy ${config}`],
      onFailure: `${BACK} ${TRIGGERS_STAY}`,
      when: gradually,
    },
    {
      name: 'models',
      summary: 'Give each tier the model of modelTierMap',
      does: facts.tierModels.map(
        ([tier, model]) =>
          `skclaw routing set --tier ${tier} --model ${model} --env ${environment}`,
      ),
      onFailure: 'The new version serves, by the routing policy that it came with.',
      when: FIRST_ONLY,
    },
    {
      name: 'smoke',
      summary: 'Try the released system as its users do',
      does: [
        ...edgeChecks(platform),
        'POST /admin/api/routing/test: one real model call',
        ...(wakes ? ['create a tenant, wake its agent until it is ready, delete the tenant'] : []),
      ],
      onFailure: afterSmoke(mode),
    },
  ];
  const isFirst = facts.serving === null || facts.serving.migrationTag === null;
  const seeds = isFirst && facts.tierModels.length > 0;
  const isIn = ({ name }: PlannedStep): boolean =>
    (name !== 'models' || seeds) &&
    (mode === null ||
      (mode === 'whole'
        ? !['upload', 'stage', 'check', 'release', 'triggers'].includes(name)
        : name !== 'deploy'));
  return {
    environment,
    worker: workerName,
    platform,
    mode,
    reason,
    previousVersion: facts.serving?.migrationTag == null ? null : facts.serving.versionId,
    steps: steps
      .filter(isIn)
      .map(({ when, ...step }) => (mode === null && when ? { ...step, when } : step)),
  };
}
