/** The parts a container's environment is made of. */
export interface EnvironmentParts {
  /** Search path for commands: the only variable that comes from the engine's own environment. */
  path: string | undefined;
  /** The engine's `env` option. */
  base: Readonly<Record<string, string>>;
  /** `KEY=value` strings of the create request. */
  requested: readonly string[];
  dataDir: string;
  /** Container port to host port, in the order the image declares them. */
  ports: ReadonlyMap<number, number>;
  /** Address of the refusing proxy, or null when the container may use the internet. */
  proxyUrl: string | null;
}

/** File descriptor that ends (reads EOF) when the engine dies. */
export const ENGINE_FD = 3;

/**
 * The whole environment of a container's process, before internal hosts are rewritten.
 * Ours come last, so that a request cannot claim another port or folder. HOME is set because a program
 * without it falls back to the home folder of whoever runs the engine.
 */
export function containerEnvironment(parts: EnvironmentParts): Record<string, string> {
  const hostPorts = [...parts.ports];
  const env: Record<string, string> = {
    ...(parts.path === undefined ? {} : { PATH: parts.path }),
    HOME: parts.dataDir,
    ...parts.base,
    ...parseAssignments(parts.requested),
    SK_DATA_DIR: parts.dataDir,
    SK_ENGINE_FD: String(ENGINE_FD),
  };
  for (const [containerPort, hostPort] of hostPorts)
    env[`PORT_${containerPort}`] = String(hostPort);
  const first = hostPorts[0];
  if (first) env['PORT'] = String(first[1]);
  return parts.proxyUrl === null ? env : { ...env, ...proxyVariables(parts.proxyUrl) };
}

/** `KEY=value` strings as an object. A string without `=` or with an empty key is left out. */
export function parseAssignments(assignments: readonly string[]): Record<string, string> {
  const parsed: Record<string, string> = {};
  for (const assignment of assignments) {
    const cut = assignment.indexOf('=');
    if (cut > 0) parsed[assignment.slice(0, cut)] = assignment.slice(cut + 1);
  }
  return parsed;
}

/**
 * Only cooperative: a program that ignores these variables reaches the network, for a plain process has
 * the network of the machine. This is no security boundary.
 */
function proxyVariables(url: string): Record<string, string> {
  const direct = '127.0.0.1,localhost';
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    NO_PROXY: direct,
    no_proxy: direct,
  };
}
