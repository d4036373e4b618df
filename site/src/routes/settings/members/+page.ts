import type { LoadEvent } from '@sveltejs/kit';
import { settingsApi } from '../../../lib/api/settings-api.ts';
import { readAnswer } from '../../../lib/settings/read-answer.ts';

export async function load({ fetch }: LoadEvent) {
  const api = settingsApi(fetch);
  const [members, invites] = await Promise.all([
    readAnswer(api.members()),
    readAnswer(api.invites()),
  ]);
  return { members, invites };
}
