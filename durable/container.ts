import type { InstanceSize } from '../contract/tiers.ts';

export interface StartOptions {
  instance: InstanceSize;
  enableInternet: boolean;
  env: Record<string, string>;
  labels: Record<string, string>;
}

/**
 * What an agent asks of its container: a small interface in front of `ctx.container`, which does not
 * exist under the Workers test runtime.
 */
export interface SandboxContainer {
  readonly running: boolean;
  start(options: StartOptions): void;
  destroy(): Promise<void>;
  /** Sends the container's plain HTTP for `host` to `target`. Lost when the object restarts. */
  intercept(host: string, target: Fetcher): Promise<void>;
  /** A backstop only: the agent's own idle deadline comes earlier. */
  setInactivityTimeout(ms: number): Promise<void>;
  fetch(port: number, request: Request): Promise<Response>;
}

/** The image's name in wrangler.jsonc. */
const IMAGE = 'agent';

/** The real thing: the container that Cloudflare runs beside this Durable Object. */
export function nativeContainer(container: Container): SandboxContainer {
  return {
    get running() {
      return container.running;
    },
    start({ instance, enableInternet, env, labels }) {
      const image = container.images[IMAGE];
      if (!image) throw new Error(`no image named ${IMAGE} is configured`);
      container.start({ image, instance, enableInternet, env, labels });
    },
    destroy: () => container.destroy(),
    intercept: (host, target) => container.interceptOutboundHttp(host, target),
    setInactivityTimeout: (ms) => container.setInactivityTimeout(ms),
    fetch: (port, request) => container.getTcpPort(port).fetch(request),
  };
}
