import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CreatedTenant } from '../../contract/api.ts';
import type { UsageRow } from '../../contract/usage.ts';
import type { System } from '../../local/runner/system.ts';
import { newTenant, untilAgent } from '../support/agents.ts';
import { containerOf } from '../support/engine-view.ts';
import { addFault, recordedCalls, type Recorded } from '../support/model-record.ts';
import { bookedRows } from '../support/program.ts';

/**
 * Tests of a running system: they speak from inside a container, as OpenClaw does, so it makes no
 * difference who boots there.
 */
export function describeMetering(systemOf: () => System): void {
  describe('what a tenant’s container asks of models', () => {
    let url: string;
    let controlUrl: string;
    let tenant: CreatedTenant;
    /** The container's own way to `models.internal`, as the engine rewrote it. */
    let modelsUrl: string;

    beforeAll(async () => {
      const system = systemOf();
      url = system.url;
      controlUrl = new URL('/__local', system.gateway?.url).href;
      tenant = await newTenant(url);
      await system.admin.call('POST', `/agents/${tenant.id}/wake`);
      // The way to models is open as soon as the container runs.
      await untilAgent(url, tenant.id, ({ agent }) => agent.state !== 'starting');
      const engine = { engineSocket: system.engine?.socketPath ?? '' };
      const { environ } = await containerOf(engine, tenant.id);
      modelsUrl = /SK_MODELS_URL=([^\0]+)/.exec(environ)?.[1] ?? '';
    });

    it('is booked attempt by attempt as the gateway counted it, also aborted and after a fallback', async () => {
      const calls = [
        { words: 1, stream: true },
        { words: 10, stream: false },
        { words: 50, stream: true },
        { words: 200, stream: false, model: 'summarize' },
        { words: 400, stream: true, model: 'monitor' },
        { words: 3, stream: false },
        { words: 1_500, stream: true },
        { words: 1_000, stream: false },
      ];
      for (const one of calls) expect((await call(modelsUrl, one)).status).toBe(200);

      const left = await call(modelsUrl, { words: 2_000, stream: true, leaveAfter: 2_000 });
      expect(left.text, 'it left in the middle').not.toContain('[DONE]');

      await addFault(controlUrl, {
        match: { tenant: tenant.id },
        times: 1,
        fault: { kind: 'status', status: 503 },
      });
      const fellBack = await call(modelsUrl, { words: 5, stream: true });
      expect(fellBack.status).toBe(200);
      expect(fellBack.text, 'the fallback answered, whole').toContain('[DONE]');

      const attempts = calls.length + 1 + 2;
      const rows = await bookedRows(url, tenant.id, attempts);
      const counted = (await recordedCalls(controlUrl, tenant.id)).filter(
        ({ outcome }) => outcome !== 'refused',
      );
      expect(rows).toHaveLength(attempts);
      expect(counted).toHaveLength(attempts);

      const byId = new Map(counted.map((entry) => [String(entry.metadata?.['call']), entry]));
      for (const row of rows) {
        const entry = byId.get(row.id);
        expect(entry, `the gateway knows ${row.id}`).toBeDefined();
        expect(seen(row), row.id).toEqual(told(entry!));
      }
      const outcomes = rows.map(({ outcome, settled_by: by }) => `${outcome}/${by}`).toSorted();
      expect(outcomes.filter((one) => one === 'ok/exact')).toHaveLength(9);
      expect(outcomes).toContain('aborted/looked_up');
      expect(outcomes).toContain('upstream_error/exact');

      const [primary, fallback] = rows
        .filter(({ call_id: id }) => rows.some((row) => row.call_id === id && row.attempt === 2))
        .toSorted((x, y) => x.attempt - y.attempt);
      expect(primary).toMatchObject({ attempt: 1, status: 503, tokens_in: 0, tokens_out: 0 });
      expect(fallback).toMatchObject({ attempt: 2, outcome: 'ok' });
      expect(fallback?.model).not.toBe(primary?.model);
    });
  });
}

/** One call as OpenClaw would make it. With `leaveAfter` the client goes after so many bytes. */
function call(
  modelsUrl: string,
  options: {
    words: number;
    stream: boolean;
    model?: string;
    leaveAfter?: number;
  },
): Promise<{ status: number; text: string }> {
  const { words, stream, model = 'chat', leaveAfter = Number.POSITIVE_INFINITY } = options;
  const content = `${'word '.repeat(words)}\n!long ${words}`;
  const body = JSON.stringify({
    model,
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    messages: [{ role: 'user', content }],
    max_completion_tokens: 4_000,
  });
  return new Promise((resolve, reject) => {
    const outgoing = request(`${modelsUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      const end = (): void => resolve({ status: response.statusCode ?? 0, text });
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.length < leaveAfter) return;
        outgoing.destroy();
        end();
      });
      response.on('end', end);
      response.on('error', end);
    });
    outgoing.end(body);
  });
}

const seen = (row: UsageRow) => ({
  model: row.model,
  tokensIn: row.tokens_in,
  tokensOut: row.tokens_out,
  logId: row.log_id,
});

const told = ({ model, usage, logId }: Recorded) => ({
  model,
  tokensIn: usage?.tokensIn ?? 0,
  tokensOut: usage?.tokensOut ?? 0,
  logId,
});
