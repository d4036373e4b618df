import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { EDGE_PORT } from './site/edge-port.ts';

/** What the edge answers itself, sockets included; all else are pages. */
const OF_THE_EDGE = ['/api', '/admin/api', '/v1', '/openclaw', '/t/', '/healthz', '/status.json'];
/** Names stay as they came: the edge tells tenants apart by them. */
const toEdge = { target: `http://127.0.0.1:${EDGE_PORT}`, ws: true };

export default defineConfig(({ command }) => {
  // What is built is what is served, whoever builds it: Vite would take the word of the environment,
  // and under `NODE_ENV=test` give browsers Svelte with its checks for development.
  if (command === 'build') process.env['NODE_ENV'] = 'production';
  return {
    plugins: [tailwindcss(), sveltekit()],
    server: {
      watch: { ignored: ['**/.wrangler/**', '**/.local/**'] },
      proxy: Object.fromEntries(OF_THE_EDGE.map((path) => [path, toEdge])),
    },
  };
});
