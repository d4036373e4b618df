import { dirname, isAbsolute, join, relative } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { findModel } from '../../contract/models.ts';
import { MIN_CONTEXT_TOKENS } from '../../contract/policy.ts';
import { loadConfig, type Config, type LoadedConfig } from '../config.ts';
import { failed, passed, skipped, type Check } from './check.ts';
import { hasProductionsFile, type Environment } from '../target.ts';

const HEX_32 = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The form of each id that Cloudflare gives, and the command that shows it. */
const IDS = [
  { field: 'accountId', form: HEX_32, says: '32 hex digits', show: 'npx wrangler whoami' },
  {
    field: 'zoneId',
    form: HEX_32,
    says: '32 hex digits',
    show: 'open "https://dash.cloudflare.com/?to=/:account/:zone"',
  },
  { field: 'aiGatewayAccountId', form: HEX_32, says: '32 hex digits', show: 'npx wrangler whoami' },
  {
    field: 'kvNamespaceId',
    form: HEX_32,
    says: '32 hex digits',
    show: 'npx wrangler kv namespace list',
  },
  { field: 'd1DatabaseId', form: UUID, says: 'a UUID', show: 'npx wrangler d1 list' },
] as const satisfies { field: keyof Config; form: RegExp; says: string; show: string }[];

/** A path as it is typed in the working directory, for a shell. */
function shellPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  const shown = short.startsWith('..') || isAbsolute(short) ? path : short;
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}

/** One check for each field that the schema refuses, or one for a file that can't be read at all. */
function fileProblems(error: AppError, file: string): Check[] {
  const edit = error.hint ?? `\${EDITOR:-vi} ${file}`;
  const details = error.details ?? [];
  if (details.length === 0) return [failed('config.file', error.message, edit)];
  const problems = details.map((detail) => {
    const [field = '', message = ''] = detail.split(/: (.*)/s);
    if (field === 'body') return failed('config.file', `${message}.`, edit);
    const show = IDS.find((id) => id.field === field)?.show;
    return failed(`config.${field}`, `${field}: ${message}.`, show ?? edit);
  });
  const named = problems.some(({ name }) => name === 'config.file');
  return named ? problems : [failed('config.file', `${file} is not valid.`, edit), ...problems];
}

function idChecks(config: Config): Check[] {
  return IDS.map(({ field, form, says, show }) => {
    const name = `config.${field}`;
    if (form.test(config[field])) return passed(name, `${field} is ${says}.`);
    const wrong = config[field].startsWith('<') ? 'is still the example’s' : `is not ${says}`;
    return failed(name, `${field} ${wrong}.`, show);
  });
}

function modelCheck(tier: string, id: string, file: string): Check {
  const name = `config.modelTierMap.${tier}`;
  const model = findModel(id);
  const list = 'npx wrangler ai models';
  if (!model) return failed(name, `${id} is not in the model catalog.`, list);
  if (model.retiredSince !== null) {
    const { successor, retiredSince } = model;
    const instead = successor === null ? '' : `; its successor is ${successor}`;
    const fix = successor === null ? list : `sed -i.bak 's|"${id}"|"${successor}"|' ${file}`;
    return failed(name, `${id} was retired on ${retiredSince}${instead}.`, fix);
  }
  if (model.contextWindow !== null && model.contextWindow < MIN_CONTEXT_TOKENS) {
    const message = `${id} holds ${model.contextWindow} tokens, under ${MIN_CONTEXT_TOKENS}.`;
    return failed(name, message, list);
  }
  return passed(name, `${id} is in the model catalog.`);
}

/** Whether the file is meant for the environment, and says where it is. */
function remoteChecks(
  { path, config }: LoadedConfig,
  environment: Environment,
  cwd: string,
): Check[] {
  const { name } = environment;
  const file = shellPath(cwd, path);
  const own = `.skclaw.${name}.json`;
  return [
    hasProductionsFile(environment)
      ? failed(
          'config.environment',
          `${file} is production’s: a deploy to ${name} would replace production.`,
          `cp ${file} ${shellPath(cwd, join(dirname(path), own))}`,
        )
      : passed('config.environment', `${file} is the config file of ${name}.`),
    config.defaultPlatform === undefined
      ? failed(
          'config.defaultPlatform',
          'Without defaultPlatform there are no routes, and nobody knows where the system is.',
          `\${EDITOR:-vi} ${file}`,
        )
      : passed('config.defaultPlatform', `The platform is ${config.defaultPlatform}.`),
  ];
}

/** What a valid config file can still have wrong: ids of another form, models that are gone. */
function checkConfig(loaded: LoadedConfig, environment: Environment, cwd: string): Check[] {
  const { path, config } = loaded;
  const models = Object.entries(config.modelTierMap ?? {});
  return [
    ...(environment.isLocal ? [] : remoteChecks(loaded, environment, cwd)),
    ...idChecks(config),
    ...models.map(([tier, id]) => modelCheck(tier, id, shellPath(cwd, path))),
  ];
}

/**
 * Reads the config file and checks it. Locally none is needed: it is looked at only when it was
 * named. `cwd` is what paths are shown from. `loaded` is null when there is nothing to compare with.
 */
export async function configChecks(
  environment: Environment,
  cwd: string,
): Promise<{ checks: Check[]; loaded: LoadedConfig | null }> {
  const { isLocal, configNamed, configPath } = environment;
  if (isLocal && !configNamed) {
    return { checks: [skipped('config.file', 'local needs no config file.')], loaded: null };
  }
  try {
    const loaded = configPath === null ? null : await loadConfig(configPath);
    if (!loaded) {
      const fix = 'cp cli/.skclaw.example.json .skclaw.json';
      return { checks: [failed('config.file', 'There is no config file.', fix)], loaded: null };
    }
    const valid = passed(
      'config.file',
      `${shellPath(cwd, loaded.path)} is valid and holds no secret.`,
    );
    return { checks: [valid, ...checkConfig(loaded, environment, cwd)], loaded };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const file = shellPath(cwd, configPath ?? '.skclaw.json');
    return { checks: fileProblems(error, file), loaded: null };
  }
}
