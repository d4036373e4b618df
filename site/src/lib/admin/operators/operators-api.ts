import {
  operatorEntry,
  operatorList,
  type AddOperatorBody,
  type OperatorEntry,
} from '../../../../../contract/operators.ts';
import { askFor, tell, type Fetch } from '../../api/http.ts';

const OPERATORS = '/admin/api/operators';
const of = (subject: string): string => `${OPERATORS}/${encodeURIComponent(subject)}`;

/** What is asked of who operates the system, and changed. All throw ApiError. */
export function operatorsApi(fetch: Fetch) {
  return {
    list: () => askFor(fetch, operatorList, OPERATORS),
    add: (body: AddOperatorBody) =>
      askFor(fetch, operatorEntry, OPERATORS, { method: 'POST', body }),
    setRole: (subject: string, role: OperatorEntry['role']) =>
      askFor(fetch, operatorEntry, of(subject), { method: 'PATCH', body: { role } }),
    remove: (subject: string) => tell(fetch, of(subject), { method: 'DELETE' }),
  };
}

/** The API from within a page, which is there in a browser only. */
export const operatorsInBrowser = operatorsApi((input, init) => fetch(input, init));
