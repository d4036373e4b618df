import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareSubject, startUpstream } from './model-path/bare.ts';
import { buildBundle } from './model-path/bundle.ts';
import { findingsOf } from './model-path/findings.ts';
import { measure } from './model-path/measure.ts';
import { startOurs } from './model-path/ours.ts';
import { startPortkey } from './model-path/portkey.ts';
import type { Program } from './model-path/program.ts';
import type { Findings } from './report.ts';

/** Rounds unless told otherwise; one takes about half a minute. */
const DEFAULT_ROUNDS = 5;

/**
 * Where the state of ours lies, unless on the disk: memory as a file system. A commit on Cloudflare waits
 * for replicas; here it would wait for this machine's disk, which is no part of either and varies tenfold.
 */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const NOTES = [
  'bare     The client asks the upstream itself.',
  'Portkey  @portkey-ai/gateway on Node in between: no key, no limit, no record of the call.',
  'ours     The bundle of `wrangler deploy` on `workerd serve`, its request log on: API key, tenant,',
  '         limits, reservation and intent committed before the call, usage after it, rows in D1.',
  'A 700-byte request with a 470-byte answer; streams of 200 chunks, one each 5 ms, with usage. One',
  'upstream for all. Every answer is checked. Subjects in turn, one connection unless it says 8.',
  'added        less the bare upstream’s',
  'chunk delay  from the upstream’s sending a chunk until the client has it, on one clock',
  'CPU          of all processes in between, from /proc; ours with D1 and the flush into it',
];

/** Ctrl-C and a plain kill: the programs end with this process, and it exits as shells expect (128 + n). */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Measures a model call through the system against the same call through Portkey's gateway and
 * straight to the upstream, `rounds` times in turn, and counts the calls in D1 afterwards.
 */
export async function benchModelPath({
  rounds = DEFAULT_ROUNDS,
  disk = false,
}: {
  rounds?: number;
  disk?: boolean;
}): Promise<Findings> {
  const dir = await mkdtemp(join(disk ? tmpdir() : MEMORY, 'skm-bench-model-path-'));
  const programs: Program[] = [];
  const forget = (): void => rmSync(dir, { recursive: true, force: true });
  process.once('exit', forget);
  for (const [signal, code] of Object.entries(SIGNALS))
    process.once(signal, () => process.exit(code));
  try {
    const bundleDir = join(dir, 'bundle');
    await buildBundle(bundleDir, console.log);
    const upstream = await startUpstream(join(dir, 'upstream.log'));
    programs.push(upstream);
    const shared = { upstreamPort: upstream.port, say: console.log };
    const portkey = await startPortkey({ ...shared, logFile: join(dir, 'portkey.log') });
    programs.push(portkey.program);
    const ours = await startOurs({ ...shared, bundleDir, stateDir: join(dir, 'state') });
    programs.push(ours.program);
    const subjects = [bareSubject(upstream.port), portkey.subject, ours.subject];
    const measured = await measure(subjects, { rounds, say: console.log });
    const attemptsInD1 = await ours.attemptsInD1();
    const made = `ours: ${measured.get('ours')?.calls} calls made, ${attemptsInD1} rows in D1`;
    const state = `State of ours in ${dir}.`;
    return { notes: [...NOTES, state, '', made], ...findingsOf(measured, attemptsInD1) };
  } finally {
    for (const program of programs.toReversed()) await program.stop();
    forget();
    process.off('exit', forget);
  }
}
