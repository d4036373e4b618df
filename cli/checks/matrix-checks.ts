import { findModel } from '../../contract/models.ts';
import type { Config } from '../config.ts';
import type { Io } from '../io.ts';
import { failed, passed, skipped, type Check } from './check.ts';

/** The charter's matrix of variables, and the one secret that sign-ins need besides. */
const MATRIX = [
  { name: 'CLOUDFLARE_AI_GATEWAY_API_KEY', isSecret: true },
  { name: 'SESSION_SIGNING_KEYS', isSecret: true },
  { name: 'CF_AI_GATEWAY_ACCOUNT_ID', isSecret: false },
  { name: 'CF_AI_GATEWAY_GATEWAY_ID', isSecret: false },
  { name: 'CF_AI_GATEWAY_MODEL', isSecret: false },
  { name: 'CF_ACCESS_TEAM_DOMAIN', isSecret: false },
  { name: 'CF_ACCESS_AUD', isSecret: false },
  { name: 'DEV_MODE', isSecret: false },
  { name: 'DEBUG_ROUTES', isSecret: false },
] as const;
type Variable = (typeof MATRIX)[number]['name'];

/** Fields of the config file that fill in a variable. */
const CONFIG_FIELDS: Partial<Record<Variable, keyof Config>> = {
  CF_AI_GATEWAY_ACCOUNT_ID: 'aiGatewayAccountId',
  CF_AI_GATEWAY_GATEWAY_ID: 'aiGatewayId',
  CF_ACCESS_TEAM_DOMAIN: 'accessTeamDomain',
  CF_ACCESS_AUD: 'accessAud',
};

export interface MatrixFacts {
  isLocal: boolean;
  environment: string;
  /** Variables of wrangler.jsonc for the environment, filled in. */
  vars: Readonly<Record<string, unknown>>;
  /** Variables of the shell, which secrets are synced from. */
  shell: Io['env'];
  config: Config | null;
  /** Names of the deployed Worker's secrets; null when they aren't known. */
  workerSecrets: ReadonlySet<string> | null;
  /** Whether the running system found nothing wrong with itself: then it has what we can't see. */
  systemOk: boolean;
  /** Whether the running system has an admin; null when it isn't known. */
  hasAdmin: boolean | null;
}

/** What a value is wrong about, or null. The values of these variables are public. */
function problemOf(name: Variable, value: string, facts: MatrixFacts): string | null {
  const { config, isLocal } = facts;
  const field = CONFIG_FIELDS[name];
  const expected = field && config?.[field];
  if (expected !== undefined && value !== expected) return `is not what the config file says`;
  if (name === 'DEV_MODE' || name === 'DEBUG_ROUTES') {
    if (value !== 'true' && value !== 'false') return 'is neither true nor false';
    return value === 'true' && !isLocal ? 'is true, which is for local only' : null;
  }
  if (name !== 'CF_AI_GATEWAY_MODEL') return null;
  const model = findModel(value);
  if (!model) return `is ${value}, which is not in the model catalog`;
  const instead = model.successor ? `; its successor is ${model.successor}` : '';
  return model.retiredSince ? `is ${value}, retired on ${model.retiredSince}${instead}` : null;
}

function setVariable(name: Variable | 'ACCESS_ADMINS', environment: string): string {
  return `Set ${name} in the vars of wrangler.jsonc for ${environment}.`;
}

function checkSecret(name: Variable, facts: MatrixFacts): Check {
  const { isLocal, environment, vars, shell, workerSecrets, systemOk } = facts;
  const check = `env.${name}`;
  const sync = `skclaw secrets sync --env ${environment}`;
  if (textOf(vars[name]) !== '') {
    const fix = `Take ${name} out of wrangler.jsonc and run: ${sync}`;
    return failed(check, `${name} is a secret and stands in wrangler.jsonc.`, fix);
  }
  const inShell = Boolean(shell[name]?.trim());
  if (isLocal) {
    return inShell
      ? passed(check, `${name} is set in this shell.`)
      : skipped(check, `npm run dev sets ${name} where local needs it.`);
  }
  if (workerSecrets) {
    return workerSecrets.has(name)
      ? passed(check, `The Worker has the secret ${name}.`)
      : failed(check, `The Worker has no secret ${name}.`, sync);
  }
  if (systemOk) return passed(check, `The running system has ${name}.`);
  if (inShell) return passed(check, `${name} is set in this shell, for \`${sync}\`.`);
  return failed(check, `${name} is not set.`, sync);
}

function checkVariable(name: Variable, facts: MatrixFacts): Check {
  const { isLocal, environment, vars, workerSecrets, systemOk } = facts;
  const check = `env.${name}`;
  const value = textOf(vars[name]);
  if (value !== '') {
    const problem = problemOf(name, value, facts);
    return problem === null
      ? passed(check, `${name} is set in wrangler.jsonc.`)
      : failed(check, `${name} ${problem}.`, setVariable(name, environment));
  }
  if (isLocal) return skipped(check, `npm run dev sets ${name} where local needs it.`);
  if (workerSecrets?.has(name)) return passed(check, `The Worker has ${name} as a secret.`);
  if (systemOk) return passed(check, `The running system has ${name}.`);
  const field = CONFIG_FIELDS[name];
  const fix = field ? `Add ${field} to the config file.` : setVariable(name, environment);
  return failed(check, `${name} is not set.`, fix);
}

/** Whether somebody may operate the system once it runs. */
function checkAdmins(facts: MatrixFacts): Check {
  const { isLocal, environment, vars, workerSecrets, hasAdmin } = facts;
  const check = 'env.ACCESS_ADMINS';
  if (isLocal) return skipped(check, 'Whoever sits at this machine is admin locally.');
  if (textOf(vars['ACCESS_ADMINS']) !== '' || workerSecrets?.has('ACCESS_ADMINS')) {
    return passed(check, 'ACCESS_ADMINS names an admin.');
  }
  if (hasAdmin) return passed(check, 'The running system has an admin.');
  const message = 'ACCESS_ADMINS is empty, so nobody could operate the system.';
  return failed(check, message, setVariable('ACCESS_ADMINS', environment));
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value).trim();
}

/** One check for each variable of the charter's matrix, and one for who may operate the system. */
export function matrixChecks(facts: MatrixFacts): Check[] {
  const variables = MATRIX.map(({ name, isSecret }) =>
    isSecret ? checkSecret(name, facts) : checkVariable(name, facts),
  );
  return [...variables, checkAdmins(facts)];
}
