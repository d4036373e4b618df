/** A host that a container may call and that the Durable Object intercepts. */
export interface EgressHost {
  hostname: string;
  port: number;
}

/** `http://<name>.internal[:port]`, anywhere in a value, and not the beginning of a longer name. */
const INTERNAL_URL = /http:\/\/((?:[a-z0-9-]+\.)+internal)(?::(\d{1,5}))?(?![\w.:-]*\w)/gi;
const DEFAULT_PORT = 80;

/** `models.internal:80`, the key under which a host's local address is kept. */
export function hostKey(host: EgressHost): string {
  return `${host.hostname}:${host.port}`;
}

/** The different internal hosts that the environment's values mention, in the order they appear. */
export function findEgressHosts(env: Readonly<Record<string, string>>): EgressHost[] {
  const found = new Map<string, EgressHost>();
  for (const value of Object.values(env)) {
    for (const match of value.matchAll(INTERNAL_URL)) {
      const host = hostOf(match[1], match[2]);
      found.set(hostKey(host), host);
    }
  }
  return [...found.values()];
}

/**
 * The environment with each internal host replaced by the local address (`http://127.0.0.1:<port>`)
 * that `addresses` holds for it. Hosts without an address stay as they are.
 */
export function rewriteEgressHosts(
  env: Readonly<Record<string, string>>,
  addresses: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      value.replace(
        INTERNAL_URL,
        (url: string, hostname: string, port?: string) =>
          addresses.get(hostKey(hostOf(hostname, port))) ?? url,
      ),
    ]),
  );
}

function hostOf(hostname = '', port?: string): EgressHost {
  return { hostname: hostname.toLowerCase(), port: port ? Number(port) : DEFAULT_PORT };
}
