import { describe, expect, it } from 'vitest';
import { admitConnect } from './app-handshake.ts';

const KEY = `skm_01HWWWWWWWWWWWWWWWWWWWWWWW_${'k'.repeat(43)}`;
const device = { id: 'd', publicKey: 'p', signature: 's', signedAt: 1, nonce: 'n' };

function connect(params: object, frame: object = {}): string {
  return JSON.stringify({ type: 'req', id: '1', method: 'connect', params, ...frame });
}

/** What OpenClaw is told: the auth of the frame that goes on. */
function authOf(auth?: object): unknown {
  const admitted = admitConnect(connect({ device, role: 'operator', auth }), 'gateway-token');
  if (!admitted.ok) throw new Error(admitted.reason);
  return (JSON.parse(admitted.frame) as { params: { auth: unknown } }).params.auth;
}

/** The detail code that an app's frame is refused with. */
function refusalOf(params: object): unknown {
  const refused = admitConnect(connect(params), 'gateway-token');
  if (refused.ok || refused.answer === null) throw new Error('an answer was expected');
  expect(refused.answer).not.toContain('gateway-token');
  return (JSON.parse(refused.answer) as { error: { details: { code: string } } }).error.details
    .code;
}

describe('an app’s connect', () => {
  it('goes on as it is, with the gateway token as its password', () => {
    const params = { device, role: 'operator', scopes: ['operator.read'], caps: ['x'], more: 1 };
    const admitted = admitConnect(connect(params), 'gateway-token');
    expect(admitted.ok && JSON.parse(admitted.frame)).toEqual({
      type: 'req',
      id: '1',
      method: 'connect',
      params: { ...params, auth: { password: 'gateway-token' } },
    });
  });

  it('keeps what its device has signed with, where it does not hide the gateway token', () => {
    const password = 'gateway-token';
    expect(authOf({ token: 'a' })).toEqual({ deviceToken: 'a', password });
    expect(authOf({ deviceToken: 'b' })).toEqual({ deviceToken: 'b', password });
    expect(authOf({ token: 'a', deviceToken: 'b' })).toEqual({ deviceToken: 'a', password });
    expect(authOf({ token: '' })).toEqual({ password });
  });

  it('brings nothing else of its own', () => {
    const auth = { password: 'guess', approvalRuntimeToken: 'x', agentRuntimeIdentityToken: 'y' };
    expect(authOf(auth)).toEqual({ password: 'gateway-token' });
  });

  it('is refused without a device, for which nobody would have to be asked', () => {
    expect(refusalOf({ role: 'operator' })).toBe('DEVICE_IDENTITY_REQUIRED');
  });

  it('is refused with a setup code, which pairs without being asked', () => {
    const auth = { bootstrapToken: 'x' };
    expect(refusalOf({ device, auth })).toBe('AUTH_BOOTSTRAP_TOKEN_INVALID');
  });

  it.each(['token', 'deviceToken', 'bootstrapToken', 'password'])(
    'is refused with an API key as %s, which would get into the sandbox',
    (field) => {
      expect(refusalOf({ device, auth: { [field]: KEY } })).toBe('AUTH_PASSWORD_MISMATCH');
    },
  );

  it.each([
    ['no JSON', 'hello'],
    ['another method', connect({ device }, { method: 'chat.send' })],
    ['another type', connect({ device }, { type: 'event' })],
    ['no id', connect({ device }, { id: undefined })],
    ['a token that is no text', connect({ device, auth: { token: 1 } })],
    ['65 KB', connect({ device, pad: 'x'.repeat(65_536) })],
  ])('is not taken as %s, and not answered', (_, text) => {
    expect(admitConnect(text, 'gateway-token')).toMatchObject({ ok: false, answer: null });
  });
});
