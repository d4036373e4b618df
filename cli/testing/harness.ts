import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { execute } from '../execute.ts';
import type { Io } from '../io.ts';
import { run } from '../run.ts';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

export interface Scripted {
  status?: number;
  headers?: Record<string, string>;
  /** Answers this path only, each time it is asked for. */
  path?: string;
  /** JSON, unless it is text or bytes. */
  body?: unknown;
  /** Hangs up after what there is of the body. */
  drops?: true;
}

type Script = Scripted | ((request: Received) => Scripted);

function hangUp(request: IncomingMessage): void {
  request.socket.destroy();
}

/**
 * A system that gives the scripted answers in turn, the last one for ever; those with a path apart. A
 * function makes its answer of each request.
 */
export async function startSystem(...answers: Script[]) {
  const received: Received[] = [];
  const pathOf = (answer: Script): string | undefined =>
    typeof answer === 'function' ? undefined : answer.path;
  const byPath = new Map(answers.map((answer) => [pathOf(answer), answer]));
  const inTurn = answers.filter((answer) => pathOf(answer) === undefined);
  let turn = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path = ''] = (request.url ?? '').split('?');
      const next = byPath.get(path) ?? inTurn[Math.min(turn++, inTurn.length - 1)] ?? { body: {} };
      const sent = Buffer.concat(chunks).toString();
      const asked: Received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: sent === '' ? undefined : JSON.parse(sent),
      };
      received.push(asked);
      const {
        status = 200,
        headers,
        body,
        drops,
      } = typeof next === 'function' ? next(asked) : next;
      if (drops && body === undefined) return hangUp(request);
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const type = typeof body === 'string' ? 'text/html' : 'application/json';
      response.writeHead(status, { 'content-type': type, ...headers });
      const text = isRaw ? body : status === 204 ? undefined : JSON.stringify(body);
      if (drops) response.write(text, () => hangUp(request));
      else response.end(text);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** A folder of its own with these files, gone after the test. */
export async function folderWith(files: Record<string, string | object> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skclaw-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    await writeFile(join(folder, name), text);
  }
  return folder;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout, which must be one JSON document. */
  data: () => Record<string, unknown>;
  /** stdout, which must be one JSON document a line. */
  lines: () => Record<string, unknown>[];
  /** The error on stderr: one JSON document, after the lines of progress. */
  error: () => {
    code: string;
    message: string;
    hint?: string;
    requestId?: string;
    details?: string[];
  };
}

/** Runs skclaw in this process, in an empty folder unless told otherwise. */
export async function skclaw(
  argv: readonly string[],
  io: Partial<Pick<Io, 'env' | 'cwd' | 'root' | 'fetch' | 'sleep' | 'now' | 'ask' | 'execute'>> & {
    isTTY?: boolean;
  } = {},
): Promise<Ran> {
  const cwd = io.cwd ?? (await folderWith());
  let stdout = '';
  let stderr = '';
  const code = await run(argv, {
    stdout: { write: (text) => (stdout += text), isTTY: io.isTTY },
    stderr: { write: (text) => (stderr += text), isTTY: io.isTTY },
    env: io.env ?? {},
    cwd,
    root: io.root ?? cwd,
    fetch: io.fetch ?? fetch,
    sleep: io.sleep ?? (() => Promise.resolve()),
    random: () => 0.5,
    now: io.now ?? Date.now,
    ...(io.ask ? { ask: io.ask } : {}),
    execute: io.execute ?? execute,
  });
  return {
    code,
    stdout,
    stderr,
    data: () => JSON.parse(stdout) as Record<string, unknown>,
    lines: () =>
      stdout
        .trimEnd()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    error: () =>
      (JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { error: ReturnType<Ran['error']> })
        .error,
  };
}
