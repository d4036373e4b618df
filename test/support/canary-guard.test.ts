import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInFiles, guardAnswers, type AnswerGuard } from './canary-guard.ts';

const SECRET = 'canary-that-must-not-leave-the-house';
let server: Server;
let guard: AnswerGuard;
/** What the server answers, each part in a write of its own. */
let parts: string[];

beforeEach(async () => {
  server = createServer(async (_, response) => {
    for (const part of parts) await new Promise((written) => response.write(part, written));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  guard = await guardAnswers((server.address() as AddressInfo).port, [SECRET]);
});
afterEach(async () => {
  await guard.close();
  server.close();
});
const read = async (): Promise<string> => (await fetch(`http://127.0.0.1:${guard.port}`)).text();

describe('the guard of answers', () => {
  it('passes them on as they are, and finds nothing in good ones', async () => {
    parts = ['all ', 'is well'];
    expect(await read()).toBe('all is well');
    expect(guard.findings).toEqual([]);
    expect(guard.bytes).toBeGreaterThan('all is well'.length);
  });

  it('finds a secret that is planted, whole or in base64', async () => {
    for (const text of [SECRET, Buffer.from(SECRET).toString('base64')]) {
      guard.findings.length = 0;
      parts = [`before ${text} after`];
      await read();
      expect(guard.findings).toContainEqual({ place: 'an answer', value: SECRET });
    }
  });
});

describe('the search in files', () => {
  it('finds a secret that is planted, but not where it is at home', () => {
    const dir = mkdtempSync(join(tmpdir(), 'canary-guard-'));
    try {
      for (const name of ['log.txt', 'home']) writeFileSync(join(dir, name), `x${SECRET}x`);
      writeFileSync(join(dir, 'clean.txt'), 'nothing');
      const { findings, files } = findInFiles(dir, [SECRET], ['/home']);
      expect(findings).toEqual([{ place: join(dir, 'log.txt'), value: SECRET }]);
      expect(files).toBe(2);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
