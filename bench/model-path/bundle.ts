import { join } from 'node:path';
import { ROOT } from '../../local/runner/paths.ts';
import { ensureSite } from '../../local/runner/prepare.ts';
import { runToEnd } from '../../local/runner/processes.ts';

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

/** Builds what `wrangler deploy` would upload, into `bundleDir`. */
export async function buildBundle(bundleDir: string, say: (line: string) => void): Promise<void> {
  await ensureSite(say);
  say('Bundling the Worker as for production …');
  const args = [
    WRANGLER,
    'deploy',
    '--dry-run',
    '--containers-rollout=none',
    '--outdir',
    bundleDir,
  ];
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' };
  await runToEnd(process.execPath, args, { cwd: ROOT, env });
}
