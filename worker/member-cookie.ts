import { base64url } from 'jose';
import { z } from 'zod';
import { tenantId } from '../contract/ids.ts';
import { signText, verifyText } from './signing-keys.ts';

/** Longest cookie value that is looked at, in characters; ours are under 500. */
const MAX_COOKIE_CHARS = 2_048;

const memberPass = z.strictObject({
  memberId: z.string().min(1).max(64),
  signInId: z.string().min(1).max(64),
  tenantId,
  /** Normalised host that the cookie is for. */
  host: z.string().min(1).max(253),
  /** UTC ms. */
  exp: z.number().int().positive(),
});
/** What a member's cookie says, and its signature makes believable. */
export type MemberPass = z.infer<typeof memberPass>;

/** What separates our signatures over cookies from any other use of the same keys. */
const PURPOSE = 'sk_member.v1.';

/** `__Host-` binds the cookie to one host and https; Safari refuses it on http (design: DEV_MODE). */
function cookieName(devMode: boolean): string {
  return devMode ? 'sk_member' : '__Host-sk_member';
}

function attributes(devMode: boolean): string {
  return `Path=/; HttpOnly; SameSite=Lax${devMode ? '' : '; Secure'}`;
}

/** The `Set-Cookie` value that signs a member in until the pass ends. */
export async function sealCookie(
  pass: MemberPass,
  options: { keys: string; devMode: boolean; now: number },
): Promise<string> {
  const { keys, devMode, now } = options;
  const text = base64url.encode(JSON.stringify(pass));
  const signature = await signText(PURPOSE + text, keys);
  const maxAgeS = Math.max(0, Math.floor((pass.exp - now) / 1_000));
  return `${cookieName(devMode)}=${text}.${signature}; Max-Age=${maxAgeS}; ${attributes(devMode)}`;
}

/** The `Set-Cookie` value that removes the cookie. */
export function clearCookie(devMode: boolean): string {
  return `${cookieName(devMode)}=; Max-Age=0; ${attributes(devMode)}`;
}

function cookieValue(header: string, name: string): string | null {
  for (const part of header.split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}

/**
 * The pass in a `Cookie` header, or null unless it is well-formed, signed by one of our keys, made
 * for this host and not over. Whether the sign-in still holds is the agent's to say.
 */
export async function openCookie(
  header: string | null,
  options: { keys: string; devMode: boolean; host: string; now: number },
): Promise<MemberPass | null> {
  const value = header === null ? null : cookieValue(header, cookieName(options.devMode));
  if (value === null || value.length > MAX_COOKIE_CHARS) return null;
  const [text, signature, ...rest] = value.split('.');
  if (!text || !signature || rest.length > 0) return null;
  if (!(await verifyText({ text: PURPOSE + text, signature }, options.keys))) return null;
  const pass = memberPass.safeParse(JSON.parse(new TextDecoder().decode(base64url.decode(text))));
  if (!pass.success) return null;
  return pass.data.host === options.host && pass.data.exp > options.now ? pass.data : null;
}
