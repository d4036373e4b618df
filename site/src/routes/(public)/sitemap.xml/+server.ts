import { SITE } from '../../../lib/public/facts.ts';

export const prerender = true;

const PATHS = ['/', '/sign-in', '/status'];

/** The pages that search engines are to find. */
export function GET(): Response {
  const urls = PATHS.map((path) => `  <url><loc>${SITE.origin}${path}</loc></url>`);
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls.join('\n')}
</urlset>
`;
  return new Response(xml, { headers: { 'content-type': 'application/xml' } });
}
