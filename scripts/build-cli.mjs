// Bundles skclaw into the one file that package.json's "bin" names. Plain JavaScript, since
// "prepare" runs it with whatever Node is installed, from version 20 on.
import { build } from 'esbuild';
import { chmod, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { outfile: { type: 'string' } } });
const outfile = values.outfile ?? `${root}dist/cli/skclaw.mjs`;

// zod is one namespace object in our imports, which esbuild keeps whole (470 KB, 40 ms of start);
// imported as a namespace it is cut down to what is used (115 KB).
const leanZod = {
  name: 'lean-zod',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/](?:cli|contract)[\\/].*\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: (await readFile(path, 'utf8')).replace(
        /^import \{ z \} from 'zod';$/m,
        "import * as z from 'zod';",
      ),
    }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: ['cli/index.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: '#!/usr/bin/env node' },
  plugins: [leanZod],
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
