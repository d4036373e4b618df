import { constants } from 'node:os';
import type { ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';
import type { Container, ContainerSpec } from './container.ts';
import type { ContainerStore } from './container-store.ts';
import { parseCreate } from './create-request.ts';
import { matches, parseFilters } from './filters.ts';
import { readJson, sendJson } from './http-body.ts';
import type { Call, Route } from './router.ts';

export interface ContainerRouteDeps {
  store: ContainerStore;
  make: (spec: ContainerSpec) => Container;
}

/** The life of a container, by name or id. */
export function containerRoutes({ store, make }: ContainerRouteDeps): Route[] {
  const named = ({ params }: Call): Container => store.get(params['id'] ?? '');
  return [
    {
      method: 'GET',
      pattern: '/containers/json',
      handle: ({ query, response }) => {
        const filters = parseFilters(query.get('filters'));
        const all = ['1', 'true', 'True'].includes(query.get('all') ?? '');
        const wanted = store
          .all()
          .filter((container) => all || container.status === 'running')
          .filter(({ spec }) => matches(spec, filters));
        sendJson(response, 200, wanted.map(summary));
      },
    },
    {
      method: 'POST',
      pattern: '/containers/create',
      handle: async ({ request, response, query }) => {
        const container = make(parseCreate(query.get('name'), await readJson(request)));
        store.add(container);
        sendJson(response, 201, { Id: container.spec.id, Warnings: [] });
      },
    },
    {
      method: 'POST',
      pattern: '/containers/:id/start',
      handle: async (call) => {
        const container = named(call);
        if (container.status === 'running') throw new ApiError(304, 'already started');
        await container.start();
        noContent(call.response);
      },
    },
    {
      method: 'GET',
      pattern: '/containers/:id/json',
      handle: (call) => sendJson(call.response, 200, inspection(named(call))),
    },
    {
      method: 'POST',
      pattern: '/containers/:id/wait',
      handle: async (call) => {
        const container = named(call);
        const removed = call.query.get('condition') === 'removed';
        // The caller takes the headers as the sign that the wait has begun.
        call.response.writeHead(200, { 'content-type': 'application/json' });
        call.response.flushHeaders();
        const code = await (removed ? store.removed(container) : container.exited);
        call.response.end(JSON.stringify({ StatusCode: code }));
      },
    },
    {
      method: 'POST',
      pattern: '/containers/:id/kill',
      handle: (call) => {
        const signal = parseSignal(call.query.get('signal'));
        if (!named(call).kill(signal)) throw new ApiError(409, 'the container is not running');
        noContent(call.response);
      },
    },
    {
      method: 'DELETE',
      pattern: '/containers/:id',
      handle: async (call) => {
        const container = named(call);
        const force = ['1', 'true', 'True'].includes(call.query.get('force') ?? '');
        if (!force && container.status === 'running') {
          throw new ApiError(409, 'the container is running: stop it or remove it with force');
        }
        await store.remove(container);
        noContent(call.response);
      },
    },
  ];
}

/** A signal by name (with or without SIG) or number; SIGKILL when none is given. */
function parseSignal(value: string | null): NodeJS.Signals {
  if (value === null || value === '') return 'SIGKILL';
  const wanted = value.toUpperCase();
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name === wanted || name === `SIG${wanted}` || String(number) === wanted) {
      return name as NodeJS.Signals;
    }
  }
  throw new ApiError(400, `not a signal: ${value}`);
}

function noContent(response: ServerResponse): void {
  response.writeHead(204).end();
}

function summary({ spec, status }: Container): unknown {
  return {
    Id: spec.id,
    Names: [`/${spec.name}`],
    Image: spec.image,
    Labels: spec.labels,
    State: status,
    Status: status,
  };
}

function inspection(container: Container): unknown {
  const { spec, status, pid, exitCode, ports } = container;
  // workerd reads the host port as the second member of the object: the order matters.
  const published = [...ports].map(([port, hostPort]) => [
    `${port}/tcp`,
    [{ HostIp: '127.0.0.1', HostPort: String(hostPort) }],
  ]);
  return {
    Id: spec.id,
    Name: `/${spec.name}`,
    State: { Status: status, Running: status === 'running', Pid: pid ?? 0, ExitCode: exitCode },
    Config: { Image: spec.image, Labels: spec.labels },
    NetworkSettings: { Ports: status === 'running' ? Object.fromEntries(published) : {} },
  };
}
