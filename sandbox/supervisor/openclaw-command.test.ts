import { describe, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { heapMb, openclawCommand } from './openclaw-command.ts';

const command = openclawCommand({
  entry: '/app/openclaw.mjs',
  layout: layoutOf('/data'),
  port: 4_000,
  gatewayToken: 'g',
  modelsUrl: 'http://models.internal/v1',
  memoryMb: 4_096,
  path: '/usr/bin',
});

describe('openclawCommand', () => {
  it('gives OpenClaw these variables and no others', () => {
    expect(command.env).toEqual({
      PATH: '/usr/bin',
      HOME: '/data/agent/home',
      OPENCLAW_HOME: '/data/agent/home',
      OPENCLAW_STATE_DIR: '/data/agent/openclaw',
      OPENCLAW_CONFIG_PATH: '/data/agent/openclaw/openclaw.json',
      OPENCLAW_GATEWAY_PORT: '4000',
      OPENCLAW_GATEWAY_TOKEN: 'g',
      PLATFORM_MODEL_BASE_URL: 'http://models.internal/v1',
      PLATFORM_MODEL_TOKEN: 'placeholder',
      OPENCLAW_NO_RESPAWN: '1',
      OPENCLAW_DISABLE_BONJOUR: '1',
      OPENCLAW_NO_AUTO_UPDATE: '1',
      OPENCLAW_SKIP_CHANNELS: '1',
      OPENCLAW_EXEC_SHELL_SNAPSHOT: '0',
    });
  });

  it('puts no token among the arguments, which anybody on the machine can read', () => {
    expect(command.args).toEqual([
      '--max-old-space-size=1024',
      '--max-semi-space-size=16',
      '/app/openclaw.mjs',
      'gateway',
      'run',
    ]);
  });

  it.each([
    { memoryMb: null, heap: 384 },
    { memoryMb: 1_024, heap: 384 },
    { memoryMb: 4_096, heap: 1_024 },
    { memoryMb: 65_536, heap: 2_048 },
  ])('sizes the heap of a container of $memoryMb MB to $heap MB', ({ memoryMb, heap }) => {
    expect(heapMb(memoryMb)).toBe(heap);
  });
});
