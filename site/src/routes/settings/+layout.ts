import type { LoadEvent } from '@sveltejs/kit';
import { readMe } from '../../lib/api/member-api.ts';
import { readAnswer } from '../../lib/settings/read-answer.ts';

/** Who is signed in; null for nobody. */
export async function load({ fetch }: LoadEvent) {
  return { me: await readAnswer(readMe(fetch)) };
}
