import adapter from '@sveltejs/adapter-cloudflare';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { CONTENT_POLICY } from './site/content-policy.ts';
import { EDGE_PORT } from './site/edge-port.ts';
import { localEdge } from './site/local-edge.ts';

/**
 * The adapter gets a wrangler config of its own: it overwrites the file that `main` names, which in
 * the root's wrangler.jsonc is the edge Worker.
 */
const cloudflare = adapter({ config: 'site/wrangler.jsonc' });

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    // Packages bring components of their own, some without runes.
    runes: ({ filename }) => (filename.split(/[/\\]/).includes('node_modules') ? undefined : true),
  },
  kit: {
    adapter: {
      ...cloudflare,
      // Pages ask for nothing of the platform but the edge: `vite dev` has the one that runs beside it.
      // The adapter's own emulation would start a second workerd, and leave it behind.
      emulate: () => ({ platform: () => ({ env: { EDGE: localEdge(EDGE_PORT) } }) }),
    },
    files: { src: 'site/src', assets: 'site/static' },
    csp: {
      mode: 'auto',
      directives: CONTENT_POLICY,
    },
  },
};
