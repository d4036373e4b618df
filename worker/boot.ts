import { findModel } from '../contract/models.ts';
import { commaList, isDevMode, type Env } from './env.ts';
import { normaliseHost } from './host-name.ts';
import { RATE_LIMIT_NAMES } from './rate-limits.ts';
import { MAX_SIGNING_KEYS } from '../contract/worker-secrets.ts';
import { decodeSigningKeys, MIN_KEY_BYTES } from './signing-keys.ts';

/** The bindings, what they are, and a method that shows they are that. */
const BINDINGS = [
  { name: 'DB', kind: 'D1 database', methods: ['prepare', 'batch'] },
  { name: 'DIRECTORY', kind: 'KV namespace', methods: ['get', 'put', 'getWithMetadata'] },
  { name: 'SNAPSHOTS', kind: 'R2 bucket', methods: ['head', 'put', 'createMultipartUpload'] },
  { name: 'TENANT_AGENT', kind: 'Durable Object namespace', methods: ['idFromName', 'get'] },
  { name: 'ASSETS', kind: 'assets binding', methods: ['fetch'] },
] as const;
/** With DEV_MODE nobody but this machine is served, and nothing has to be limited. */
const PRODUCTION_BINDINGS = RATE_LIMIT_NAMES.map(
  (name) => ({ name, kind: 'rate limit', methods: ['limit'] }) as const,
);

type Values = Readonly<Record<string, unknown>>;

function bindingProblems(env: Values, devMode: boolean): string[] {
  const bindings = devMode ? BINDINGS : [...BINDINGS, ...PRODUCTION_BINDINGS];
  return bindings.flatMap(({ name, kind, methods }) => {
    const binding = env[name];
    if (binding === undefined || binding === null) return [`${name}: the ${kind} is not bound.`];
    const fits = methods.every(
      (method) => typeof (binding as Record<string, unknown>)[method] === 'function',
    );
    return fits ? [] : [`${name}: is bound, but not to a ${kind}.`];
  });
}

interface VariableRule {
  name: string;
  needs: string;
  holds(value: string): boolean;
}

const isFlag = (value: string): boolean => value === 'true' || value === 'false';
const isEmptyOr =
  (holds: (value: string) => boolean) =>
  (value: string): boolean =>
    value === '' || holds(value);
const isHttpUrl = (value: string): boolean =>
  /^https?:$/.test(URL.parse(value)?.protocol ?? '') && !value.endsWith('/');
const isTeam = (value: string): boolean =>
  /^[a-z0-9][a-z0-9-]*(\.cloudflareaccess\.com)?$/.test(value);
const isAudience = (value: string): boolean => /^[0-9a-f]{64}$/.test(value);
const isCallable = (value: string): boolean => findModel(value)?.retiredSince === null;

/** Rules that hold with and without DEV_MODE. A value is never repeated in what they say. */
const VARIABLES: readonly VariableRule[] = [
  {
    name: 'SESSION_SIGNING_KEYS',
    needs: `must be 1 to ${MAX_SIGNING_KEYS} comma-separated base64url keys of at least ${MIN_KEY_BYTES} bytes`,
    holds: (value) => decodeSigningKeys(value) !== null,
  },
  {
    name: 'PLATFORMS',
    needs: 'must be comma-separated lower-case domains',
    holds: (value) => {
      const names = commaList(value);
      return names.length > 0 && names.every((name) => normaliseHost(name) === name);
    },
  },
  {
    name: 'CLOUDFLARE_AI_GATEWAY_API_KEY',
    needs: 'must be a token of the Cloudflare API',
    holds: (value) => /^\S{8,}$/.test(value),
  },
  {
    name: 'CF_AI_GATEWAY_GATEWAY_ID',
    needs: 'must be the id of an AI Gateway: lower-case letters, digits, - and _',
    holds: (value) => /^[a-z0-9_-]{1,64}$/.test(value),
  },
  {
    name: 'CF_AI_GATEWAY_MODEL',
    needs: 'must be a model of the catalog that is not retired',
    holds: isCallable,
  },
  { name: 'DEV_MODE', needs: 'must be true or false', holds: isFlag },
  { name: 'DEBUG_ROUTES', needs: 'must be true or false', holds: isFlag },
  {
    name: 'ACCESS_ADMINS',
    needs: 'must be comma-separated e-mail addresses and client ids',
    holds: (value) => commaList(value).every((entry) => /^[^\s,]{3,320}$/.test(entry)),
  },
];

const PRODUCTION_VARIABLES: readonly VariableRule[] = [
  {
    name: 'CF_AI_GATEWAY_ACCOUNT_ID',
    needs: "must be the account's id: 32 hexadecimal digits",
    holds: (value) => /^[0-9a-f]{32}$/.test(value),
  },
  {
    name: 'CF_ACCESS_TEAM_DOMAIN',
    needs: 'must be the team of Cloudflare Access, such as example.cloudflareaccess.com',
    holds: isTeam,
  },
  {
    name: 'CF_ACCESS_AUD',
    needs: "must be the Access application's audience: 64 hexadecimal digits",
    holds: isAudience,
  },
];

const DEV_VARIABLES: readonly VariableRule[] = [
  {
    name: 'CF_AI_GATEWAY_ACCOUNT_ID',
    needs: 'must not be empty',
    holds: (value) => /^[A-Za-z0-9_-]+$/.test(value),
  },
  {
    name: 'CF_ACCESS_TEAM_DOMAIN',
    needs: 'must be empty or a team of Cloudflare Access',
    holds: isEmptyOr(isTeam),
  },
  {
    name: 'CF_ACCESS_AUD',
    needs: 'must be empty or 64 hexadecimal digits',
    holds: isEmptyOr(isAudience),
  },
];

/** Variables that only DEV_MODE knows, and that may be missing. */
const ONLY_DEV: readonly VariableRule[] = [
  {
    name: 'AI_GATEWAY_BASE_URL',
    needs: 'must be an http URL without final slash',
    holds: isHttpUrl,
  },
  {
    name: 'ACCESS_CERTS_URL',
    needs: 'must be an http URL without final slash',
    holds: isHttpUrl,
  },
  {
    name: 'IDLE_MS_OVERRIDE',
    needs: 'must be a whole number of ms',
    holds: (value) => /^[1-9]\d{0,9}$/.test(value),
  },
];

function variableProblem(env: Values, { name, needs, holds }: VariableRule): string[] {
  const value = env[name];
  if (typeof value !== 'string') return [`${name}: is not set; it ${needs}.`];
  return holds(value) ? [] : [`${name}: ${needs}.`];
}

/**
 * Everything that is missing or wrong in the Worker's bindings and variables, a line each, without
 * any value. Empty when the Worker may serve.
 */
export function configProblems(env: Values): string[] {
  const devMode = isDevMode({ DEV_MODE: String(env['DEV_MODE']) });
  const optional = ONLY_DEV.filter(({ name }) => env[name] !== undefined);
  return [
    ...bindingProblems(env, devMode),
    ...[...VARIABLES, ...(devMode ? DEV_VARIABLES : PRODUCTION_VARIABLES)].flatMap((rule) =>
      variableProblem(env, rule),
    ),
    ...optional.flatMap((rule) =>
      devMode ? variableProblem(env, rule) : [`${rule.name}: is only for DEV_MODE.`],
    ),
  ];
}

const known = new WeakMap<Env, readonly string[]>();

/** The same, worked out once per isolate. */
export function bootProblems(env: Env): readonly string[] {
  const seen = known.get(env);
  if (seen) return seen;
  const problems = configProblems(env as unknown as Values);
  known.set(env, problems);
  return problems;
}
