import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../lib/admin/admin-answer.ts';
import { usageApi } from '../../../lib/admin/usage/usage-api.ts';
import { usageQuestion } from '../../../lib/admin/usage/usage-address.ts';

export async function load({ fetch, url }: LoadEvent) {
  const api = usageApi(fetch);
  const question = usageQuestion(url, Date.now());
  const { from, to, filters, outcome, cursor } = question;
  const { tenant, ...kind } = filters;
  const listed = {
    ...kind,
    from,
    to,
    ...(outcome === null ? {} : { outcome }),
    ...(cursor === null ? {} : { cursor }),
  };
  const [breakdown, calls] = await adminAnswer(
    Promise.all([
      api.breakdown({ ...filters, from, to }),
      tenant === undefined ? null : api.calls(tenant, listed),
    ]),
  );
  return { question, breakdown, calls };
}
