import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { z } from 'zod';
import { noticeList } from '../../contract/notices.ts';
import { insertNotice, type NoticeRow } from '../../db/queries/notices.ts';
import { openDb } from '../../db/queries/open.ts';
import { createWorld, type World } from '../doubles/world.ts';

const db = openDb(env.DB);
let world: World;

beforeEach(async () => {
  world = await createWorld();
  await env.DB.prepare('DELETE FROM notices').run();
});

const notice = (id: string, at: number): NoticeRow => ({
  id,
  tenantId: 'tenant-a',
  kind: 'budget_80',
  data: { month: 0, usedNano: 4_000_000_000, limitNano: 5_000_000_000 },
  at,
});

async function list(query = ''): Promise<z.infer<typeof noticeList>> {
  const response = await world.ask(`http://localhost:8787/admin/api/notices${query}`);
  expect(response.status).toBe(200);
  return noticeList.parse(await response.json());
}

it('a notice is kept once, as it was first said', async () => {
  const first = notice('tenant-a:0:80', 5);
  await insertNotice(db, first);
  await insertNotice(db, { ...first, kind: 'budget_100', at: 9 });
  expect(await list()).toEqual({ notices: [first], cursor: null });
});

it('notices are listed by pages, the newest first', async () => {
  for (const [id, at] of [
    ['a', 1],
    ['b', 2],
    ['c', 2],
    ['d', 2],
    ['e', 3],
  ] as const) {
    await insertNotice(db, notice(`tenant-${id}:0:80`, at));
  }
  const pages: string[] = [];
  let cursor: string | null = null;
  // Bounded, so that a cursor that leads back ends the test.
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<typeof noticeList> = await list(`?limit=2${after}`);
    pages.push(page.notices.map(({ id }) => id.charAt(7)).join(''));
    cursor = page.cursor;
  } while (cursor !== null && pages.length < 5);
  expect(pages).toEqual(['ed', 'cb', 'a']);
});
