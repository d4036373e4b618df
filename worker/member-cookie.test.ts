import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import { clearCookie, openCookie, sealCookie } from './member-cookie.ts';

const NOW = Date.UTC(2026, 10, 1);
const key = (letter: string): string => base64url.encode(letter.repeat(32));
const OLD = key('o');
const NEW = key('n');
const pass = {
  memberId: 'member-1',
  signInId: 'sign-in-1',
  tenantId: '3f0f4a34-8c7e-4f64-9a6c-2f2c7c5d3e11',
  host: 'demo.streamkinetics.com',
  exp: NOW + 60_000,
};
const seal = (keys: string, devMode = false) => sealCookie(pass, { keys, devMode, now: NOW });
const pair = (setCookie: string): string => setCookie.split(';')[0] ?? '';
const open = (header: string | null, changed: object = {}) =>
  openCookie(header, { keys: NEW, devMode: false, host: pass.host, now: NOW, ...changed });

describe('the member cookie', () => {
  it('is bound to host and https, and hidden from scripts', async () => {
    expect(await seal(NEW)).toMatch(
      /^__Host-sk_member=[\w-]+\.[\w-]+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(await seal(NEW, true)).toMatch(/^sk_member=.+; SameSite=Lax$/);
    expect(clearCookie(false)).toContain('__Host-sk_member=; Max-Age=0');
  });

  it('opens among other cookies', async () => {
    expect(await open(`a=b; ${pair(await seal(NEW))}; c=d`)).toEqual(pass);
  });

  it('opens with each key in force, and no other', async () => {
    const cookie = pair(await seal(OLD));
    expect(await open(cookie, { keys: `${NEW},${OLD}` })).toEqual(pass);
    expect(await open(cookie, { keys: NEW })).toBeNull();
  });

  it('does not open on another host', async () => {
    expect(await open(pair(await seal(NEW)), { host: 'other.streamkinetics.com' })).toBeNull();
  });

  it('does not open when it is over', async () => {
    expect(await open(pair(await seal(NEW)), { now: pass.exp })).toBeNull();
  });

  it('does not open under the other name', async () => {
    expect(await open(pair(await seal(NEW, true)))).toBeNull();
  });

  it('does not open with a changed payload, a changed signature or none', async () => {
    const cookie = pair(await seal(NEW));
    const [, value = ''] = cookie.split('=');
    const [text = '', signature = ''] = value.split('.');
    const forged = base64url.encode(JSON.stringify({ ...pass, memberId: 'member-2' }));
    const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    for (const wrong of [
      `${forged}.${signature}`,
      `${text}.${flipped}`,
      `${text}.`,
      text,
      `${text}.${signature}.${signature}`,
      `${text}.!!!`,
      `${text}.abcde`,
      `.${signature}`,
      '',
      'x'.repeat(10_000),
    ]) {
      expect(await open(`__Host-sk_member=${wrong}`)).toBeNull();
    }
    expect(await open(null)).toBeNull();
  });
});
