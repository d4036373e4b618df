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

export interface MatrixFacts {
  isLocal: boolean;
  environment: string;
  /** Variables of wrangler.jsonc for the environment. */
  vars: Readonly<Record<string, unknown>>;
  /** Variables of the shell, which secrets are synced from. */
  shell: Io['env'];
  config: Config | null;
  /** Whether the running system found nothing wrong with itself: then it has what we can't see. */
  systemOk: boolean;
}

/** What a value is wrong about, or null. The values of these variables are public. */
function problemOf(name: Variable, value: string, facts: MatrixFacts): string | null {
  const { config, isLocal } = facts;
  const expected = {
    CF_AI_GATEWAY_ACCOUNT_ID: config?.aiGatewayAccountId,
    CF_AI_GATEWAY_GATEWAY_ID: config?.aiGatewayId,
    CF_ACCESS_TEAM_DOMAIN: config?.accessTeamDomain,
    CF_ACCESS_AUD: config?.accessAud,
  }[name as string];
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

function fixOf(name: Variable, isSecret: boolean, facts: MatrixFacts): string {
  return isSecret
    ? `npx wrangler secret put ${name} --env ${facts.environment}`
    : `Set ${name} in the vars of wrangler.jsonc for ${facts.environment}.`;
}

function checkVariable(entry: (typeof MATRIX)[number], facts: MatrixFacts): Check {
  const { name, isSecret } = entry;
  const { isLocal, vars, shell, systemOk } = facts;
  const check = `env.${name}`;
  const declared = vars[name];
  const inFile = declared === undefined || declared === null ? '' : String(declared);
  if (isSecret && inFile !== '') {
    const fix = `Take ${name} out of wrangler.jsonc and run: ${fixOf(name, true, facts)}`;
    return failed(check, `${name} is a secret and stands in wrangler.jsonc.`, fix);
  }
  const value = inFile || shell[name]?.trim() || '';
  if (value === '') {
    if (isLocal) return skipped(check, `npm run dev sets ${name} where local needs it.`);
    if (systemOk) return passed(check, `The running system has ${name}.`);
    return failed(check, `${name} is not set.`, fixOf(name, isSecret, facts));
  }
  const problem = isSecret ? null : problemOf(name, value, facts);
  if (problem !== null) return failed(check, `${name} ${problem}.`, fixOf(name, false, facts));
  return passed(check, `${name} is set ${inFile ? 'in wrangler.jsonc' : 'in this shell'}.`);
}

/** One check for each variable of the charter's matrix. */
export function matrixChecks(facts: MatrixFacts): Check[] {
  return MATRIX.map((entry) => checkVariable(entry, facts));
}
