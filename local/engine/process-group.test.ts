import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { groupIsAlive } from './fixtures/group-is-alive.ts';
import { killGroup, killRecordedGroups, recordGroup } from './process-group.ts';

let folder: string;
let pid: number;
let exited: Promise<unknown>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'groups-'));
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  pid = child.pid as number;
  exited = once(child, 'exit');
});

afterEach(async () => {
  killGroup(pid);
  await exited;
  rmSync(folder, { recursive: true });
});

test('a recorded group is killed', async () => {
  recordGroup(folder, pid);
  expect(killRecordedGroups(folder)).toBe(1);
  await exited;
});

test('a process that only has the recorded pid is spared', () => {
  recordGroup(folder, pid);
  writeFileSync(join(folder, 'groups', String(pid)), 'another life of this pid');
  expect(killRecordedGroups(folder)).toBe(0);
  expect(groupIsAlive(pid)).toBe(true);
});

test('a group that was crossed out is spared', () => {
  recordGroup(folder, pid)();
  expect(killRecordedGroups(folder)).toBe(0);
});

test('a group that is gone can be killed again', async () => {
  killGroup(pid);
  await exited;
  expect(() => killGroup(pid)).not.toThrow();
});
