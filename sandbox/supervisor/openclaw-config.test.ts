import { describe, expect, it } from 'vitest';
import { type JsonObject, getAt } from './json-path.ts';
import { type Applied, mergeConfig, readApplied } from './openclaw-config.ts';
import { SAFE_DENY } from './platform-config.ts';
import type { OpenClawSettings } from './settings.ts';

const safe: OpenClawSettings = {
  models: ['chat', 'monitor'].map((id) => ({ id, contextWindow: 128_000, maxTokens: 4_096 })),
  defaultModel: 'chat',
  tools: 'safe',
  web: false,
  memoryMb: null,
};
const open: OpenClawSettings = { ...safe, tools: 'full', web: true };

function merge(user: JsonObject, settings = safe, applied: Applied[] = []) {
  return mergeConfig({ user, applied, settings, logFile: '/logs/gateway.jsonl' });
}

describe('mergeConfig', () => {
  it('names nothing that is another in each generation, or OpenClaw would migrate at each boot', () => {
    const filledIn = JSON.stringify(merge({}).config).match(/\$\{\w+\}/g);
    expect(filledIn).toEqual(['${PLATFORM_MODEL_BASE_URL}', '${PLATFORM_MODEL_TOKEN}']);
  });

  it.each([
    {
      what: 'a public gateway',
      user: { gateway: { bind: 'lan' } },
      path: ['gateway', 'bind'],
      value: 'loopback',
    },
    {
      what: 'a gateway without token',
      user: { gateway: { auth: { mode: 'none' } } },
      path: ['gateway', 'auth', 'mode'],
      value: 'token',
    },
    {
      what: 'another platform provider',
      user: { models: { providers: { platform: { baseUrl: 'http://evil' } } } },
      path: ['models', 'providers', 'platform', 'baseUrl'],
      value: '${PLATFORM_MODEL_BASE_URL}',
    },
    {
      what: 'merged provider catalogs',
      user: { models: { mode: 'merge' } },
      path: ['models', 'mode'],
      value: 'replace',
    },
    {
      what: 'self-update',
      user: { update: { auto: { enabled: true } } },
      path: ['update', 'auto', 'enabled'],
      value: false,
    },
    {
      what: 'telemetry',
      user: { telemetry: { enabled: true } },
      path: ['telemetry', 'enabled'],
      value: false,
    },
    {
      what: 'discovery',
      user: { discovery: { mdns: { mode: 'full' } } },
      path: ['discovery', 'mdns', 'mode'],
      value: 'off',
    },
    {
      what: 'plugins',
      user: { plugins: { enabled: true } },
      path: ['plugins', 'enabled'],
      value: false,
    },
    {
      what: 'an own clock',
      user: { cron: { enabled: true } },
      path: ['cron', 'enabled'],
      value: false,
    },
    {
      what: 'a heartbeat',
      user: { agents: { defaults: { heartbeat: { every: '5m' } } } },
      path: ['agents', 'defaults', 'heartbeat', 'every'],
      value: '0m',
    },
    {
      what: 'a shared log',
      user: { logging: { file: '/tmp/x' } },
      path: ['logging', 'file'],
      value: '/logs/gateway.jsonl',
    },
    {
      what: 'exec',
      user: { tools: { exec: { security: 'full' } } },
      path: ['tools', 'exec', 'security'],
      value: 'deny',
    },
    {
      what: 'files outside the workspace',
      user: { tools: { fs: { workspaceOnly: false } } },
      path: ['tools', 'fs', 'workspaceOnly'],
      value: true,
    },
    {
      what: 'web search',
      user: { tools: { web: { search: { enabled: true } } } },
      path: ['tools', 'web', 'search', 'enabled'],
      value: false,
    },
  ])('wins over $what', ({ user, path, value }) => {
    expect(getAt(merge(user).config, path)).toEqual(value);
  });

  it.each([
    {
      what: 'an own default model',
      user: { agents: { defaults: { model: { primary: 'mine/big' } } } },
    },
    {
      what: 'an own provider',
      user: { models: { providers: { mine: { baseUrl: 'https://m' } } } },
    },
    { what: 'a plugin entry', user: { plugins: { entries: { x: { enabled: true } } } } },
    { what: 'memory search', user: { memory: { search: { enabled: true } } } },
    {
      what: 'what the platform knows nothing of',
      user: { skills: { load: { extraDirs: ['a'] } } },
    },
  ])('keeps $what', ({ user }) => {
    expect(merge(user).config).toMatchObject(user);
  });

  it('leaves the file tools of the workspace to a safe agent', () => {
    const deny = getAt(merge({}).config, ['tools', 'deny']);
    expect(deny).toEqual(SAFE_DENY);
    for (const tool of ['read', 'write', 'edit', 'apply_patch']) expect(deny).not.toContain(tool);
  });

  it('gives back what a lifted restriction had replaced', () => {
    const user = { tools: { exec: { security: 'ask' }, deny: ['exec', 'tts'] } };
    const first = merge(user);
    const second = merge(first.config, open, first.applied);
    expect(getAt(second.config, ['tools', 'exec'])).toEqual({ security: 'ask' });
    expect(getAt(second.config, ['tools', 'deny'])).toEqual([
      'exec',
      'tts',
      'cron',
      'gateway',
      'nodes',
    ]);
    expect(getAt(second.config, ['tools', 'web'])).toBeUndefined();
  });

  it('keeps a denial the user added while ours were in force', () => {
    const first = merge({});
    const edited = {
      ...first.config,
      tools: { ...(first.config.tools as JsonObject), deny: [...SAFE_DENY, 'tts'] },
    };
    const second = merge(edited, open, first.applied);
    expect(getAt(second.config, ['tools', 'deny'])).toEqual(['tts', 'cron', 'gateway', 'nodes']);
  });

  it('changes nothing when it is repeated', () => {
    const first = merge({ tools: { deny: ['tts'] }, gateway: { bind: 'lan' } });
    expect(merge(first.config, safe, first.applied)).toEqual(first);
  });

  it('replaces a default model of ours that is no longer offered', () => {
    const { config } = merge({ agents: { defaults: { model: { primary: 'platform/gone' } } } });
    expect(getAt(config, ['agents', 'defaults', 'model', 'primary'])).toBe('platform/chat');
  });
});

describe('readApplied', () => {
  it('drops entries a tenant may have forged', () => {
    const good = { path: ['a'], value: 1 };
    const forged = [{ path: ['__proto__', 'x'], value: 1 }, { path: [] }, { path: 'a' }, null, 3];
    expect(readApplied([...forged, good])).toEqual([good]);
    expect(readApplied({ path: ['a'] })).toEqual([]);
  });
});
