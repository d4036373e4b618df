import type { Layout } from './layout.ts';

/** Smallest heap (MB) that carried real turns: 0.64 GB resident when ready, 0.86 GB after two. */
const MIN_HEAP_MB = 384;
/** Above this a larger heap only delays collection; the rest is for buffers, children and files. */
const MAX_HEAP_MB = 2_048;
/** Share of the container's memory for V8's old space: native memory takes about as much again. */
const HEAP_SHARE = 0.25;
/**
 * One of the young generation's three spaces (MB), in the main thread and in each of OpenClaw's
 * workers. A boot's garbage is collected half as often as with 4, which saves 4% of its CPU for some
 * 30 MB of memory; V8's own 16-64 with a free heap takes 150 MB and is no faster.
 */
const SEMI_SPACE_MB = 16;

/** What OpenClaw's process is started with. */
export interface OpenClawCommand {
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/**
 * Builds the command line and the whole environment of OpenClaw; nothing of the supervisor's own
 * environment reaches it. NODE_COMPILE_CACHE and TMPDIR stay unset: with the first the launcher
 * respawns and the pid we hold is not the gateway, with the second the baked cache is not found.
 */
export function openclawCommand(input: {
  entry: string;
  layout: Layout;
  port: number;
  gatewayToken: string;
  modelsUrl: string;
  memoryMb: number | null;
  path: string;
}): OpenClawCommand {
  const { layout } = input;
  return {
    args: [
      `--max-old-space-size=${heapMb(input.memoryMb)}`,
      `--max-semi-space-size=${SEMI_SPACE_MB}`,
      input.entry,
      'gateway',
      'run',
    ],
    env: {
      PATH: input.path,
      HOME: layout.home,
      OPENCLAW_HOME: layout.home,
      OPENCLAW_STATE_DIR: layout.state,
      OPENCLAW_CONFIG_PATH: layout.config,
      OPENCLAW_GATEWAY_PORT: String(input.port),
      OPENCLAW_GATEWAY_TOKEN: input.gatewayToken,
      PLATFORM_MODEL_BASE_URL: input.modelsUrl,
      // OpenClaw wants a key; the address itself is what the sandbox may use, so this opens nothing.
      PLATFORM_MODEL_TOKEN: 'placeholder',
      OPENCLAW_NO_RESPAWN: '1',
      OPENCLAW_DISABLE_BONJOUR: '1',
      OPENCLAW_NO_AUTO_UPDATE: '1',
      OPENCLAW_SKIP_CHANNELS: '1',
      OPENCLAW_EXEC_SHELL_SNAPSHOT: '0',
    },
    cwd: layout.home,
  };
}

/** @returns V8's old-space size in MB for a container of `memoryMb` (null: the smallest). */
export function heapMb(memoryMb: number | null): number {
  const share = Math.floor((memoryMb ?? 0) * HEAP_SHARE);
  return Math.min(MAX_HEAP_MB, Math.max(MIN_HEAP_MB, share));
}
