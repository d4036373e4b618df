import { readFileSync } from 'node:fs';

/** OpenClaw's own process below a container's supervisor, or null while there is none. */
export function openclawPid(supervisor: number): number | null {
  const children = readProc(supervisor, `task/${supervisor}/children`);
  const pids = children.split(' ').filter(Boolean).map(Number);
  return pids.find((pid) => isOpenClaw(readProc(pid, 'cmdline'))) ?? null;
}

/**
 * Whether a command line is OpenClaw's: Node with its entry, then, once it is up, the title that it
 * gives itself over it (`openclaw`, `openclaw-gateway`). The double keeps the first form.
 */
function isOpenClaw(cmdline: string): boolean {
  return cmdline.includes('openclaw.mjs') || cmdline.startsWith('openclaw');
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
