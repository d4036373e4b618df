import { randomUUID } from 'node:crypto';
import { found, Refusal, type Call, type Handlers } from '../call.ts';
import type { Zone } from '../state.ts';
import { workerOf } from './workers.ts';

function zoneOf({ state, path }: Call): Zone {
  return found(state.zones.get(path.zone_id ?? ''), 7003, 'Could not route to the zone');
}

function routeOf(call: Call) {
  const route = zoneOf(call).routes.find(({ id }) => id === call.path.route_id);
  return found(route, 10009, 'workers.api.error.route_not_found');
}

function checkFree(zone: Zone, pattern: string, script: string): void {
  const taken = zone.routes.find((route) => route.pattern === pattern && route.script !== script);
  if (taken) throw new Refusal(409, 10020, 'workers.api.error.duplicate_route');
}

/** The zone that a pattern such as `*.streamkinetics.com/*` lies in. */
function zoneOfPattern({ state }: Call, pattern: string): Zone {
  const host = pattern.split('/')[0]?.replace(/^\*\.?/, '') ?? '';
  const zones = [...state.zones.values()];
  const zone = zones.find(({ name }) => host === name || host.endsWith(`.${name}`));
  if (!zone) throw new Refusal(400, 10082, `Could not find zone for ${pattern}`);
  return zone;
}

export const routeHandlers: Handlers = {
  'workers.routes.list': (call) => zoneOf(call).routes,
  'workers.routes.get': routeOf,
  'workers.routes.create': (call) => {
    const zone = zoneOf(call);
    const { pattern, script = '' } = call.body as { pattern: string; script?: string };
    checkFree(zone, pattern, '');
    const route = { id: randomUUID().replaceAll('-', ''), pattern, script };
    zone.routes.push(route);
    return route;
  },
  'workers.routes.update': (call) => Object.assign(routeOf(call), call.body),
  'workers.routes.delete': (call) => {
    const { routes } = zoneOf(call);
    const route = routeOf(call);
    routes.splice(routes.indexOf(route), 1);
    return { id: route.id };
  },
  // Replaces all routes of the Worker, in every zone.
  'wrangler.routes.replace': (call) => {
    const { name } = workerOf(call);
    const wanted = call.body as { pattern: string; zone_id?: string; zone_name?: string }[];
    const placed = wanted.map(({ pattern, zone_id: id, zone_name: zoneName }) => {
      const zones = [...call.state.zones.values()];
      const zone =
        id === undefined && zoneName === undefined
          ? zoneOfPattern(call, pattern)
          : zones.find((each) => each.id === id || each.name === zoneName);
      const known = found(zone, 7003, 'Could not route to the zone');
      checkFree(known, pattern, name);
      return { zone: known, pattern };
    });
    for (const zone of call.state.zones.values()) {
      zone.routes = zone.routes.filter(({ script }) => script !== name);
    }
    for (const { zone, pattern } of placed) {
      zone.routes.push({ id: randomUUID().replaceAll('-', ''), pattern, script: name });
    }
    return placed.map(({ pattern }) => pattern);
  },
};
