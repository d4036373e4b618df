import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AiGateway } from './index.ts';
import { LogStore } from './log-store.ts';
import {
  chat,
  getLogs,
  saying,
  startTestGateway,
  type LogBody,
  type LoggedCall,
} from './test-gateway.ts';

const running: AiGateway[] = [];
async function start(options = {}) {
  const gateway = await startTestGateway(options);
  running.push(gateway);
  return gateway;
}
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
});

function ask(gateway: AiGateway, metadata: Record<string, string>, headers = {}) {
  const all = { 'cf-aig-metadata': JSON.stringify(metadata), ...headers };
  return chat(gateway, saying('Hello'), { headers: all });
}

function filters(...list: { key: string; operator?: string; value: unknown[] }[]): string {
  const full = list.map((one) => ({ operator: 'eq', ...one }));
  return `?filters=${encodeURIComponent(JSON.stringify(full))}`;
}

describe('the log look-up', () => {
  it('finds a call by its metadata', async () => {
    const gateway = await start();
    await ask(gateway, { tenant: 't1', call: 'c1.1' });
    await ask(gateway, { tenant: 't1', call: 'c2.1' });
    const found = await getLogs(
      gateway,
      filters({ key: 'metadata.key', value: ['call'] }, { key: 'metadata.value', value: ['c2.1'] }),
    );
    const body = await found.json<LogBody<LoggedCall[]>>();
    expect(body.result).toHaveLength(1);
    expect(JSON.parse(body.result[0]?.metadata ?? '')).toEqual({ tenant: 't1', call: 'c2.1' });
    expect(body.result_info).toEqual({ page: 1, per_page: 20, count: 1, total_count: 1 });
    expect(body).toMatchObject({ success: true, errors: [], messages: [] });
  });

  it('pages, newest first', async () => {
    const gateway = await start();
    for (const call of ['a', 'b', 'c']) await ask(gateway, { call });
    const calls = async (rest: string) => {
      const { result } = await (await getLogs(gateway, rest)).json<LogBody<LoggedCall[]>>();
      return result.map((entry) => JSON.parse(entry.metadata).call);
    };
    expect(await calls('?per_page=2')).toEqual(['c', 'b']);
    expect(await calls('?per_page=2&page=2')).toEqual(['a']);
    expect(await calls('?order_by_direction=asc')).toEqual(['a', 'b', 'c']);
    expect(await calls(filters({ key: 'metadata.value', operator: 'neq', value: ['b'] }))).toEqual([
      'c',
      'a',
    ]);
    expect(await calls(filters({ key: 'tokens_out', operator: 'gt', value: [100_000] }))).toEqual(
      [],
    );
  });

  it('refuses a query that it does not know', async () => {
    const gateway = await start();
    const queries = [
      '?filters={',
      '?filters[0][key]=id',
      '?serch=x',
      filters({ key: 'x', value: [1] }),
    ];
    for (const query of queries) expect((await getLogs(gateway, query)).status).toBe(400);
  });

  it('needs the key, and can be switched off', async () => {
    const gateway = await start();
    expect((await getLogs(gateway, '', 'wrong')).status).toBe(401);
    gateway.setLogLookup(false);
    const off = await getLogs(gateway);
    expect(off.status).toBe(503);
    expect(await off.json()).toMatchObject({ success: false });
    gateway.setLogLookup(true);
    expect((await getLogs(gateway)).status).toBe(200);
  });

  it('shows a call only after its delay', () => {
    const store = new LogStore({ delayMs: 200 });
    store.add(entry('1'), 1_000);
    expect(store.get('1', 1_199)).toBeNull();
    expect(store.list(1_199)).toEqual([]);
    expect(store.get('1', 1_200)).toMatchObject({ id: '1' });
  });

  it('keeps payloads only when asked to', async () => {
    const gateway = await start();
    const head = async (collect: string) => {
      const response = await ask(gateway, {}, { 'cf-aig-collect-log-payload': collect });
      const detail = await getLogs(gateway, `/${response.headers.get('cf-aig-log-id')}`);
      return (await detail.json<LogBody<LoggedCall>>()).result.request_head;
    };
    expect(await head('true')).toContain('Hello');
    expect(await head('false')).toBeUndefined();
  });

  it('survives a restart in its file, a line that was cut in two apart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ai-gateway-'));
    try {
      const logFile = join(folder, 'log.ndjson');
      const first = await start({ logFile });
      const id = (await ask(first, { call: 'c1' })).headers.get('cf-aig-log-id');
      await first.close();
      await writeFile(logFile, `${await readFile(logFile, 'utf8')}{"id":"cut`);
      const second = await start({ logFile, logDelayMs: 60_000 });
      const found = await getLogs(second, `/${id}`);
      expect((await found.json<LogBody<LoggedCall>>()).result.metadata).toBe('{"call":"c1"}');
      expect(second.log()).toHaveLength(1);
      await ask(second, { call: 'c2' });
      await second.close();
      const third = await start({ logFile });
      expect(third.log()).toHaveLength(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function entry(id: string) {
  return {
    id,
    created_at: '2026-11-22T00:00:00.000Z',
    provider: 'workers-ai',
    model: '@cf/a/b',
    model_type: 'text-generation',
    path: 'ai/v1/chat/completions',
    request_type: 'chat-completion',
    request_content_type: 'application/json',
    response_content_type: 'application/json',
    status_code: 200,
    success: true,
    cached: false,
    step: 0,
    duration: 1,
    tokens_in: 1,
    tokens_out: 1,
    metadata: {},
    request_size: 1,
    response_size: 1,
  };
}
