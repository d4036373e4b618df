import { healthChecks, healthView } from '../../../../../contract/api.ts';
import { askFor, type Fetch } from '../../api/http.ts';

/** How the system is, as the API tells operators. */
export const healthApi = (fetch: Fetch) => ({
  /** Tries everything: up to 8 s while something hangs. A check that fails makes the answer a 503. */
  check: () => askFor(fetch, healthChecks, '/admin/api/health', { alsoGood: 503 }),
  release: async () => (await askFor(fetch, healthView, '/healthz')).version,
});
