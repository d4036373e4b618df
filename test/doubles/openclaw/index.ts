import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../../local/runner/paths.ts';

const SANDBOX = join(ROOT, 'sandbox');
const GATEWAY = new URL('gateway.ts', import.meta.url);

/**
 * Puts our real supervisor and, where the package `openclaw` stands beside it, the double into `dir`.
 * The supervisor is a copy, since it finds OpenClaw by where it lies itself.
 *
 * @returns the command a container runs: give it to `startSystem` as `containerCommand`.
 */
export async function prepareDouble(dir: string): Promise<string[]> {
  const modules = join(dir, 'node_modules');
  await rm(dir, { recursive: true, force: true });
  await mkdir(join(modules, 'openclaw'), { recursive: true });
  await cp(join(SANDBOX, 'supervisor'), join(dir, 'supervisor'), { recursive: true });
  const manifest = JSON.parse(await readFile(join(SANDBOX, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const { openclaw: version, ...others } = manifest.dependencies;
  for (const name of Object.keys(others))
    await symlink(join(SANDBOX, 'node_modules', name), join(modules, name));
  await writeFile(join(dir, 'package.json'), JSON.stringify({ type: 'module' }));
  const own = { name: 'openclaw', version, type: 'module' };
  await writeFile(join(modules, 'openclaw/package.json'), JSON.stringify(own));
  await writeFile(
    join(modules, 'openclaw/openclaw.mjs'),
    `await import(${JSON.stringify(GATEWAY.href)});\n`,
  );
  return [process.execPath, join(dir, 'supervisor/main.ts')];
}
