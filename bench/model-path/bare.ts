import { join } from 'node:path';
import { ROOT } from '../../local/runner/paths.ts';
import { type Program, startProgram } from './program.ts';
import type { Subject } from './subject.ts';

/** Starts the upstream that all subjects share. */
export function startUpstream(logFile: string): Promise<Program> {
  return startProgram({
    command: process.execPath,
    args: [join(ROOT, 'bench/model-path/upstream.ts')],
    cwd: ROOT,
    logFile,
    ready: { fd: 3, pattern: /"port":(?<port>\d+)/ },
  });
}

/** The upstream asked by the client itself. */
export function bareSubject(port: number): Subject {
  return {
    name: 'bare',
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { authorization: 'Bearer bench' },
    model: 'bench-model',
    cpuSeconds: () => 0,
    settled: () => Promise.resolve(),
  };
}
