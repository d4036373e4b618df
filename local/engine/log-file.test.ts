import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogFile } from './log-file.ts';

test('a log keeps its newest part and never holds more than twice its bound', () => {
  const dir = mkdtempSync(join(tmpdir(), 'log-'));
  const log = new LogFile(join(dir, 'out.log'), 10);
  for (const text of ['aaaaaa', 'bbbbbb', 'cccccc', 'dddd']) log.write(Buffer.from(text));
  log.write(Buffer.alloc(1000, 'e'));
  log.close();
  log.write(Buffer.from('after the end'));
  expect(readdirSync(dir).toSorted()).toEqual(['out.log', 'out.log.1']);
  expect(readFileSync(join(dir, 'out.log'), 'utf8')).toBe('e'.repeat(10));
  expect(readFileSync(join(dir, 'out.log.1'), 'utf8')).toBe('ccccccdddd');
  rmSync(dir, { recursive: true });
});
