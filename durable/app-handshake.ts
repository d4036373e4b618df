import { z } from 'zod';

/** OpenClaw takes no larger frame of a client that it does not know yet, characters (64 KiB). */
const MAX_CONNECT_CHARS = 65_536;

const connectFrame = z.looseObject({
  type: z.literal('req'),
  id: z.string().min(1).max(200),
  method: z.literal('connect'),
  params: z.looseObject({
    device: z.looseObject({ id: z.string(), signature: z.string() }).optional(),
    auth: z
      .looseObject({
        token: z.string().optional(),
        deviceToken: z.string().optional(),
        bootstrapToken: z.string().optional(),
        password: z.string().optional(),
      })
      .optional(),
  }),
});

const API_KEY = /^\s*skm_/;

/** What becomes of an app's first frame: it goes on as `frame`, or it is refused with `answer`. */
export type Handshake =
  | { ok: true; frame: string }
  | { ok: false; reason: string; answer: string | null };

/**
 * An app's `connect` as OpenClaw gets it, with the gateway token that no app knows. OpenClaw takes
 * its shared secret from `auth.password` where there is no `auth.token`, and the device's signature
 * covers the first of `token`, `deviceToken` and `bootstrapToken`: what the app signed with stays,
 * as its device token. Who is no device would come in without pairing, and a setup code would pair a
 * device without being asked: neither goes on (OpenClaw 2026.9.6, gateway/protocol/auth.md).
 */
export function admitConnect(text: string, gatewayToken: string): Handshake {
  const frame = text.length > MAX_CONNECT_CHARS ? null : parseConnect(text);
  if (!frame) return { ok: false, reason: 'the first frame must be connect', answer: null };
  const { id, params } = frame;
  const { token, deviceToken, bootstrapToken, password } = params.auth ?? {};
  if ([token, deviceToken, bootstrapToken, password].some((secret) => API_KEY.test(secret ?? ''))) {
    // It would have to go into the sandbox, since the signature covers it.
    return refusal(id, {
      code: 'AUTH_PASSWORD_MISMATCH',
      message: 'The API key belongs into the Authorization header, and only there.',
    });
  }
  if (bootstrapToken) {
    return refusal(id, {
      code: 'AUTH_BOOTSTRAP_TOKEN_INVALID',
      message: 'Setup codes are not taken here: connect, and have the device approved.',
    });
  }
  if (!params.device) {
    return refusal(id, { code: 'DEVICE_IDENTITY_REQUIRED', message: 'device identity required' });
  }
  const signedWith = token || deviceToken;
  const auth = { ...(signedWith ? { deviceToken: signedWith } : {}), password: gatewayToken };
  return { ok: true, frame: JSON.stringify({ ...frame, params: { ...params, auth } }) };
}

function parseConnect(text: string): z.infer<typeof connectFrame> | null {
  try {
    return connectFrame.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** In OpenClaw's own words and codes: with these its clients stop to reconnect by themselves. */
function refusal(id: string, { code, message }: { code: string; message: string }): Handshake {
  const error = { code: 'INVALID_REQUEST', message, details: { code } };
  return {
    ok: false,
    reason: message,
    answer: JSON.stringify({ type: 'res', id, ok: false, error }),
  };
}
