import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyWithout, type Protection } from './protections.ts';

/**
 * Runs the harness with such arguments from a copy of the project that lacks one protection: it must
 * fail. Answers its exit code; 2 where there is no such protection among those that it would notice.
 */
export async function runWithout(
  off: string,
  { among, args }: { among: readonly Protection[]; args: readonly string[] },
): Promise<number> {
  const protection = among.find((name) => name === off);
  if (protection === undefined) {
    console.error(`--off takes one of ${among.join(', ')}`);
    return 2;
  }
  const dir = await mkdtemp(join(tmpdir(), 'skm-without-'));
  try {
    await copyWithout(protection, dir);
    console.log(`without ${protection}:`);
    const child = spawn(
      process.execPath,
      [join(dir, 'test/faults/main.ts'), ...args, '--without', protection],
      { cwd: dir, stdio: 'inherit' },
    );
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
