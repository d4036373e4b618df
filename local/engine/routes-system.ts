import { sendJson } from './http-body.ts';
import type { Route } from './router.ts';

const API_VERSION = '1.47';

/**
 * What is asked of the engine itself. With the bridge on loopback workerd listens for egress there and
 * not on every interface.
 */
export function systemRoutes(ports: readonly number[]): Route[] {
  const bridge = {
    Name: 'bridge',
    IPAM: { Config: [{ Subnet: '127.0.0.0/8', Gateway: '127.0.0.1' }] },
  };
  const version = { Version: 'local-engine', ApiVersion: API_VERSION, MinAPIVersion: '1.24' };
  const info = { ID: 'local-engine', Name: 'local-engine', SecurityOptions: ['name=seccomp'] };
  const exposed = Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}]));
  return [
    ping('GET'),
    ping('HEAD'),
    get('/version', version),
    get('/info', info),
    get('/volumes', { Volumes: [], Warnings: null }),
    get('/networks/bridge', bridge),
    get('/images/json', []),
    {
      // Every image exists: whatever it is called, a container of it runs the engine's command.
      method: 'GET',
      pattern: '/images/:name+/json',
      handle: ({ params, response }) =>
        sendJson(response, 200, {
          Id: `sha256:${'0'.repeat(64)}`,
          RepoTags: [params['name']],
          Size: 0,
          Config: { ExposedPorts: exposed },
        }),
    },
    {
      method: 'POST',
      pattern: '/images/create',
      handle: ({ request, response }) => {
        request.resume();
        sendJson(response, 200, { status: 'every image is there' });
      },
    },
  ];
}

function get(pattern: string, body: unknown): Route {
  return { method: 'GET', pattern, handle: ({ response }) => sendJson(response, 200, body) };
}

function ping(method: string): Route {
  return {
    method,
    pattern: '/_ping',
    handle: ({ response }) => {
      response.writeHead(200, { 'api-version': API_VERSION, 'content-type': 'text/plain' });
      response.end(method === 'HEAD' ? undefined : 'OK');
    },
  };
}
