import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** Where `wrangler dev` listens, for `vite dev` beside it. */
const EDGE = 'http://localhost:8787';

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  server: {
    watch: { ignored: ['**/.wrangler/**', '**/.local/**'] },
    proxy: {
      '/api': { target: EDGE, ws: true },
      '/admin/api': { target: EDGE, ws: true },
    },
  },
});
