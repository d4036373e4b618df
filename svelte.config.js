import { isMainThread } from 'node:worker_threads';
import adapter from '@sveltejs/adapter-cloudflare';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { CONTENT_POLICY } from './site/content-policy.ts';

/**
 * The adapter gets a wrangler config of its own: it overwrites the file that `main` names, which in
 * the root's wrangler.jsonc is the edge Worker.
 */
const cloudflare = adapter({
  config: 'site/wrangler.jsonc',
  platformProxy: { configPath: 'site/wrangler.jsonc', persist: false },
});

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
      // Prerendering runs in a worker thread and ends without disposing of the platform proxy, which
      // would leave its workerd behind; nothing prerendered asks for the platform.
      emulate: isMainThread ? cloudflare.emulate : () => ({ platform: () => ({ env: {} }) }),
    },
    files: { src: 'site/src', assets: 'site/static' },
    csp: {
      mode: 'auto',
      directives: CONTENT_POLICY,
    },
  },
};
