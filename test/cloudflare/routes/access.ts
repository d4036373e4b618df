import { found, page, type Handlers } from '../call.ts';

/** Access applications belong to the account here, as those of the platform do. */
export const accessHandlers: Handlers = {
  'zero-trust.access.applications.applications.list': ({ state, path, query }) => {
    const apps = path.account_id ? state.accessApps : [];
    const aud = query.get('aud');
    const domain = query.get('domain');
    return page(
      apps.filter((app) => (!aud || app.aud === aud) && (!domain || app.domain === domain)),
      query,
    );
  },
  'zero-trust.access.applications.applications.get': ({ state, path }) =>
    found(
      state.accessApps.find(({ id, aud }) => id === path.app_id || aud === path.app_id),
      11021,
      'access.api.error.unknown_application',
    ),
  'zero-trust.access.service-tokens.list': ({ state, query }) => page(state.serviceTokens, query),
};
