import type { OpenClawSettings } from './settings.ts';
import type { JsonPath } from './json-path.ts';

/** A setting that must be ours; with `list` our items join the user's instead of replacing them. */
export interface OwnedSetting {
  path: JsonPath;
  value: unknown;
  list?: true;
}

/** A setting that is ours only while the user has none. */
export interface DefaultSetting {
  path: JsonPath;
  value: unknown;
}

/**
 * Tools that reach the machine, the network or other agents. The workspace's read, write and edit
 * stay: an agent that cannot keep a file is of no use.
 */
export const SAFE_DENY = [
  'exec',
  'openclaw',
  'process',
  'sessions_spawn',
  'subagents',
  'cron',
  'gateway',
  'nodes',
  'browser',
  'canvas',
] as const;

/** Denied always: schedules and gateway life belong to the platform, which also pays for them. */
const ALWAYS_DENY = ['cron', 'gateway', 'nodes'] as const;

/**
 * What the platform must decide itself: who reaches the gateway, where models are, that nothing
 * calls home, updates itself or runs on its own clock, and what `tools` and `web` forbid.
 * `${…}` is filled in by OpenClaw from its environment; the port comes from there too.
 */
export function ownedSettings(input: {
  settings: OpenClawSettings;
  logFile: string;
}): OwnedSetting[] {
  const { settings, logFile } = input;
  const owned: OwnedSetting[] = [
    { path: ['gateway'], value: GATEWAY },
    { path: ['models', 'mode'], value: 'replace' },
    { path: ['models', 'catalogRefresh'], value: { enabled: false } },
    { path: ['models', 'providers', 'platform'], value: provider(settings) },
    { path: ['agents', 'defaults', 'heartbeat', 'every'], value: '0m' },
    { path: ['update'], value: { checkOnStart: false, auto: { enabled: false } } },
    { path: ['telemetry'], value: { enabled: false } },
    { path: ['discovery'], value: { mdns: { mode: 'off' } } },
    { path: ['browser', 'enabled'], value: false },
    { path: ['cron', 'enabled'], value: false },
    { path: ['plugins', 'enabled'], value: false },
    { path: ['logging'], value: { file: logFile, level: 'warn', consoleLevel: 'info' } },
    { path: ['tools', 'elevated', 'enabled'], value: false },
    {
      path: ['tools', 'deny'],
      value: settings.tools === 'safe' ? [...SAFE_DENY] : [...ALWAYS_DENY],
      list: true,
    },
  ];
  if (settings.tools === 'safe')
    owned.push(
      { path: ['tools', 'exec'], value: { host: 'gateway', security: 'deny' } },
      { path: ['tools', 'fs', 'workspaceOnly'], value: true },
    );
  if (!settings.web)
    owned.push(
      { path: ['tools', 'web', 'search', 'enabled'], value: false },
      { path: ['tools', 'web', 'fetch', 'enabled'], value: false },
    );
  return owned;
}

/** What a new agent starts with; a user may choose otherwise. */
export function defaultSettings(settings: OpenClawSettings): DefaultSetting[] {
  return [
    {
      path: ['agents', 'defaults', 'model', 'primary'],
      value: `platform/${settings.defaultModel}`,
    },
    { path: ['agents', 'defaults', 'skipBootstrap'], value: true },
    { path: ['memory', 'search', 'enabled'], value: false },
  ];
}

/**
 * The token comes from OPENCLAW_GATEWAY_TOKEN alone. Named here it would be part of the config that
 * OpenClaw fingerprints, values filled in, and a fingerprint it does not know makes it run all its
 * startup migrations again: each generation has a token of its own, so that would be at each boot.
 */
const GATEWAY = {
  mode: 'local',
  bind: 'loopback',
  auth: { mode: 'token' },
  // Apps come through the supervisor, on loopback, with their address in X-Forwarded-For; OpenClaw
  // refuses such a header of a proxy it does not know.
  trustedProxies: ['127.0.0.1'],
  controlUi: { enabled: false },
  reload: { mode: 'off' },
  terminal: { enabled: false },
  cliAgents: { enabled: false },
};

function provider(settings: OpenClawSettings): unknown {
  return {
    // oxlint-disable-next-line no-template-curly-in-string -- OpenClaw's own substitution
    baseUrl: '${PLATFORM_MODEL_BASE_URL}',
    // oxlint-disable-next-line no-template-curly-in-string -- OpenClaw's own substitution
    apiKey: '${PLATFORM_MODEL_TOKEN}',
    api: 'openai-completions',
    models: settings.models.map((model) => ({
      id: model.id,
      name: model.id,
      reasoning: false,
      input: ['text'],
      contextWindow: model.contextWindow,
      maxTokens: model.maxTokens,
      // The platform meters at the relay; OpenClaw's own prices would only be a second, wrong bill.
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      compat: {
        sendSessionIdHeader: true,
        sendSessionAffinityHeaders: true,
        supportsPromptCacheKey: true,
      },
    })),
  };
}
