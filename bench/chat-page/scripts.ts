import { gzipSync } from 'node:zlib';
import type { ChatPage } from './page.ts';

export interface Script {
  path: string;
  bytes: number;
  gzipBytes: number;
}

/** The JavaScript that a page has loaded, and what each file weighs in gzip. */
export async function scriptsOf({ responses }: Pick<ChatPage, 'responses'>): Promise<Script[]> {
  const scripts = responses.filter((response) => response.request().resourceType() === 'script');
  if (scripts.length === 0) throw new Error('the page loaded no script');
  return Promise.all(
    scripts.map(async (response) => {
      const body = await response.body();
      const path = new URL(response.url()).pathname;
      return { path, bytes: body.byteLength, gzipBytes: gzipSync(body).byteLength };
    }),
  );
}
