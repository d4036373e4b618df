import type { Hono } from 'hono';
import { AppError } from '../contract/errors.ts';
import { access, callerKind, type Action, type EdgeCaller } from './access.ts';
import type { EdgeContext, EdgeTypes } from './context.ts';
import type { Env } from './env.ts';
import { identify } from './identify.ts';
import type { Place, PlaceKind } from './locate.ts';
import { refuseKnownWrong, refuseShutAddress } from './refusals.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One route. It cannot be written down without the action that decides who may take it. */
export interface RouteSpec {
  method: Method;
  path: `/${string}`;
  on: readonly PlaceKind[];
  action: Action;
  /** Asks nobody who they are: for actions that everybody may take and that concern no tenant. */
  anonymous?: true;
  /** Whether it is there at all; without it nobody learns that it could be. */
  isThere?(env: Env): boolean;
  handle(c: EdgeContext): Response | Promise<Response>;
}

/** The path under which Hono knows a request: each kind of place has a tree of its own. */
export function innerPath(place: Pick<Place, 'kind' | 'path'>): string {
  return `/${place.kind}${place.path}`;
}

const NOBODY = { kind: 'nobody' } as const;

/** What programs do with their keys, and nobody else does. */
const OF_PROGRAMS: ReadonlySet<Action> = new Set(['model.call', 'model.list', 'openclaw.connect']);

/** What a caller who may not is told. */
function refusal(caller: EdgeCaller, action: Action, place: PlaceKind): AppError | null {
  switch (access(caller, action)) {
    case 'allowed':
      return null;
    case 'forbidden':
      return new AppError('forbidden', 'Your role does not allow this.');
    case 'unauthenticated':
      if (OF_PROGRAMS.has(action)) {
        return new AppError('unauthenticated', 'A valid API key of this tenant is needed.', {
          hint: 'Send it as a bearer token.',
        });
      }
      return place === 'tenant'
        ? new AppError('unauthenticated', 'Sign in with an invite first.')
        : new AppError('access_denied', 'Only operators signed in through Cloudflare Access may.', {
            hint: 'Set CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET, or sign in with a browser.',
          });
  }
}

/** Identifies the caller and lets them pass or throws: once per request. */
export async function admitCaller(
  c: EdgeContext,
  wanted: { action: Action; anonymous?: true },
): Promise<void> {
  // A browser whose sign-in is over brings its cookie along when it opens a new invite.
  const isForAnybody = access(NOBODY, wanted.action) === 'allowed';
  if (wanted.anonymous) c.set('caller', { kind: 'nobody' });
  else {
    if (!isForAnybody) refuseShutAddress(c);
    await identify(c);
  }
  const trace = c.get('trace');
  const caller = c.get('caller');
  trace.credential = caller;
  trace.caller = callerKind(caller);
  trace.tenantId = c.get('tenant')?.tenantId;
  const refused = refusal(caller, wanted.action, c.get('place').kind);
  if (refused) throw refused;
  if (!isForAnybody) refuseKnownWrong(c);
}

/** Adds routes to the app, each behind its action. */
export function mount(app: Hono<EdgeTypes>, specs: readonly RouteSpec[]): void {
  for (const spec of specs) {
    for (const kind of spec.on) {
      app.on(spec.method, innerPath({ kind, path: spec.path }), async (c) => {
        c.get('trace').route = spec.path;
        if (spec.isThere?.(c.env) === false) {
          throw new AppError('not_found', 'There is nothing at this address.');
        }
        await admitCaller(c, spec);
        return spec.handle(c);
      });
    }
  }
}

function matches(spec: RouteSpec, place: Place): boolean {
  if (!spec.on.includes(place.kind)) return false;
  const pattern = spec.path.split('/');
  const path = place.path.split('/');
  return (
    pattern.length === path.length &&
    pattern.every((part, index) => part.startsWith(':') || part === path[index])
  );
}

/** The methods that a path would have answered; none when it is no route. */
export function allowedMethods(specs: readonly RouteSpec[], place: Place): Method[] {
  return specs.filter((spec) => matches(spec, place)).map((spec) => spec.method);
}
