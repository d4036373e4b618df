import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { openclawPid } from './openclaw-pid.ts';

let supervisor: ChildProcess;
afterEach(() => void process.kill(-(supervisor.pid ?? 0), 'SIGKILL'));

/** A process whose one child runs `code`, with what follows as its arguments; both ids, once it is up. */
async function familyOf(code: string, ...args: string[]): Promise<[parent: number, child: number]> {
  const child = ['-e', `${code};console.log(process.pid);setInterval(() => 0, 1e6)`, ...args];
  const parent = `require('node:child_process')
    .spawn(process.execPath, ${JSON.stringify(child)}, { stdio: 'inherit' })`;
  // A group of its own, which ends with the test.
  supervisor = spawn(process.execPath, ['-e', parent], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!supervisor.stdout) throw new Error('it has no output');
  const [said] = (await once(supervisor.stdout, 'data')) as [Buffer];
  return [supervisor.pid ?? 0, Number(String(said))];
}

it('OpenClaw is found by its entry, as it is started', async () => {
  const [parent, child] = await familyOf('0', '/app/openclaw.mjs');
  expect(openclawPid(parent)).toBe(child);
});

it('OpenClaw is found by the title it gives itself when it is up', async () => {
  const [parent, child] = await familyOf('process.title = "openclaw-gateway"');
  expect(openclawPid(parent)).toBe(child);
});

it('another child of the supervisor is not OpenClaw', async () => {
  const [parent] = await familyOf('0', '/app/other.mjs');
  expect(openclawPid(parent)).toBeNull();
});
