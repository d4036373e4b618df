/** Variables whose values are secret: they are cut out of everything skclaw prints. */
const SECRET_VARIABLES = [
  'CF_ACCESS_CLIENT_SECRET',
  'CLOUDFLARE_AI_GATEWAY_API_KEY',
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_API_KEY',
  'SESSION_SIGNING_KEYS',
] as const;

/** Shorter values are words, not secrets; cutting them out would garble the text. */
const MIN_SECRET_CHARS = 8;

/** Forms that only secrets have: key prefixes, JSON Web Tokens, PEM, bearer headers. */
const SECRET_FORMS = [
  /^(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/,
  /^cf(?:k|ut|at)_[A-Za-z0-9_-]{16,}/,
  /^(?:gh[opsu]_|github_pat_|xox[abp]-|AKIA)[A-Za-z0-9_-]{12,}/,
  /^eyJ[\w-]+\.[\w-]+\.[\w-]*/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^Bearer\s+\S+/i,
];

/** An Access application's AUD tag: 64 hex digits, and public. */
const AUD_FORM = /^[0-9a-f]{64}$/;

/**
 * Whether a value of a config file looks like a secret. Cloudflare's ids are 32 hex digits or UUIDs,
 * its API keys 37 hex digits and its tokens 40 characters of mixed case: a run of 37 or more letters
 * and digits that no person would write is refused. `field` exempts the AUD tag, which is public.
 */
export function looksLikeSecret(field: string, value: string): boolean {
  if (SECRET_FORMS.some((form) => form.test(value))) return true;
  if (field === 'accessAud' && AUD_FORM.test(value)) return false;
  if (!/^[A-Za-z0-9_+/=-]{37,}$/.test(value) || !/\d/.test(value)) return false;
  return /^[0-9a-f]+$/i.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value));
}

/** Text without the values of the environment's secrets. */
export function redact(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return SECRET_VARIABLES.reduce((clean, name) => {
    const value = env[name]?.trim();
    return value && value.length >= MIN_SECRET_CHARS
      ? clean.replaceAll(value, '[redacted]')
      : clean;
  }, text);
}
