import { readFile } from 'node:fs/promises';
import { familyOf, listProcesses } from './processes.ts';

/** Memory as the status shows it, in bytes; null where the machine does not say. */
export interface MemoryUse {
  rssBytes: number;
  openclawRssBytes: number | null;
  limitBytes: number | null;
}

/** cgroup v2 first, then v1. */
const LIMIT_FILES = [
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes',
] as const;
/** cgroup v1 writes "no limit" as a number near 2^63; no container has a pebibyte. */
const NO_LIMIT_BYTES = 2 ** 50;

/** Measures the supervisor, OpenClaw with its children, and the container's limit. */
export async function readMemory(openclawPid: number | null): Promise<MemoryUse> {
  const processes = openclawPid === null ? null : await listProcesses();
  const family = processes && openclawPid !== null ? familyOf(openclawPid, processes) : null;
  return {
    rssBytes: process.memoryUsage.rss(),
    openclawRssBytes: family?.reduce((sum, { rssBytes }) => sum + rssBytes, 0) ?? null,
    limitBytes: await readLimit(),
  };
}

async function readLimit(): Promise<number | null> {
  for (const file of LIMIT_FILES) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text !== null) return parseLimit(text);
  }
  return null;
}

/** @returns the limit in bytes in a cgroup file's text, or null for none. */
export function parseLimit(text: string): number | null {
  const bytes = Number(text.trim());
  return Number.isFinite(bytes) && bytes > 0 && bytes < NO_LIMIT_BYTES ? bytes : null;
}
