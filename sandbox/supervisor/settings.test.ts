import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

const openclaw = {
  models: [{ id: 'chat', contextWindow: 128_000, maxTokens: 4_096 }],
  defaultModel: 'chat',
  tools: 'safe',
  web: false,
};
const env = {
  SK_GENERATION: '3',
  SK_SUPERVISOR_TOKEN: 's',
  OPENCLAW_GATEWAY_TOKEN: 'g',
  SK_MODELS_URL: 'http://models.internal/v1',
  SK_STATE_URL: 'http://state.internal/snapshot/',
  SK_OPENCLAW: JSON.stringify(openclaw),
};
const restore = { id: '01JABCDEFGHJKMNPQRSTVWXYZ0', size: 5, sha256: 'a'.repeat(64) };

describe('readSettings', () => {
  it('fills in what may be left out', () => {
    expect(readSettings(env)).toMatchObject({
      port: 8080,
      host: '0.0.0.0',
      dataDir: '/data',
      engineFd: null,
      generation: 3,
      stateUrl: 'http://state.internal/snapshot',
      restore: null,
      openclaw: { memoryMb: null },
    });
  });

  it('listens on loopback only when an engine runs it on a machine', () => {
    expect(readSettings({ ...env, SK_ENGINE_FD: '3' })).toMatchObject({
      host: '127.0.0.1',
      engineFd: 3,
    });
  });

  it('reads an empty restore as no snapshot and a full one as it is', () => {
    expect(readSettings({ ...env, SK_RESTORE: '' }).restore).toBeNull();
    expect(readSettings({ ...env, SK_RESTORE: JSON.stringify(restore) }).restore).toEqual(restore);
  });

  it.each([
    { name: 'SK_GENERATION', value: '-1' },
    { name: 'SK_GENERATION', value: undefined },
    { name: 'SK_SUPERVISOR_TOKEN', value: ' ' },
    { name: 'SK_MODELS_URL', value: 'file:///etc/passwd' },
    { name: 'PORT', value: '99999' },
    { name: 'SK_RESTORE', value: '{"id":"../x","size":1,"sha256":"00"}' },
    { name: 'SK_RESTORE', value: JSON.stringify({ ...restore, size: 0 }) },
    { name: 'SK_RESTORE', value: 'not json' },
    { name: 'SK_OPENCLAW', value: JSON.stringify({ ...openclaw, defaultModel: 'other' }) },
    { name: 'SK_OPENCLAW', value: JSON.stringify({ ...openclaw, tools: 'all' }) },
    { name: 'SK_OPENCLAW', value: JSON.stringify({ ...openclaw, models: [] }) },
  ])('refuses $name = $value and names the variable', ({ name, value }) => {
    expect(() => readSettings({ ...env, [name]: value })).toThrow(name);
  });
});
