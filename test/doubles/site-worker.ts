/** Stands where the built site would be, in tests that never ask for a page. */
export default {
  fetch: () => new Response('the site', { headers: { 'content-type': 'text/plain' } }),
} satisfies ExportedHandler;
