import { overviewView } from '../../../../../contract/overview.ts';
import { askFor, type Fetch } from '../../api/http.ts';

/** The overview, as the API gives it to operators. */
export const overviewApi = (fetch: Fetch) => ({
  read: () => askFor(fetch, overviewView, '/admin/api/overview'),
});
