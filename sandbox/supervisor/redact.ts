const MARK = '[redacted]';

/**
 * Makes a function that replaces every given secret by a mark, in plain, URL-encoded and base64
 * form: OpenClaw and the tools it runs may print what they were given in any of these.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === '') continue;
    forms.add(secret);
    forms.add(encodeURIComponent(secret));
    // Without its last characters, which depend on what follows the secret in the encoded text.
    const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1);
    if (base64.length >= 8) forms.add(base64);
  }
  const ordered = [...forms].toSorted((a, b) => b.length - a.length);
  return (text) => ordered.reduce((rest, form) => rest.replaceAll(form, MARK), text);
}
