/**
 * What pages may load and do: what they bring themselves, and nothing else. SvelteKit adds the nonce
 * or the hash of each script of its own. No style sheet or script stands in a page.
 */
export const CONTENT_POLICY: Record<string, string[]> = {
  'default-src': ['none'],
  'script-src': ['self'],
  'style-src': ['self'],
  // Positions that components write on their elements; no style sheet comes in this way.
  'style-src-attr': ['unsafe-inline'],
  'img-src': ['self', 'data:'],
  'font-src': ['self'],
  'connect-src': ['self'],
  'manifest-src': ['self'],
  'object-src': ['none'],
  'base-uri': ['none'],
  'form-action': ['self'],
  'frame-ancestors': ['none'],
};
