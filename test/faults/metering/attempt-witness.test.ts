import { expect, it } from 'vitest';
import type { AiGateway, RecordedRequest } from '../../../local/ai-gateway/index.ts';
import { AttemptWitness } from './attempt-witness.ts';

function witnessed() {
  let tell: (request: RecordedRequest) => void = () => undefined;
  const onRequest: AiGateway['onRequest'] = (listener) => {
    tell = listener;
    return () => undefined;
  };
  const witness = new AttemptWitness({ onRequest });
  const note = (seq: number, changed: Partial<RecordedRequest> = {}): void =>
    tell({
      seq,
      at: '2026-11-22T00:00:00Z',
      logId: `log-${seq}`,
      headers: {},
      metadata: { call: 'a.1', tenant: 'tenant-a' },
      model: '@cf/zai-org/glm-4.7-flash',
      stream: false,
      body: {},
      status: null,
      emitted: '',
      usage: null,
      fault: null,
      outcome: 'open',
      ...changed,
    });
  return { witness, note };
}

it('keeps the last that is told of an attempt', () => {
  const { witness, note } = witnessed();
  note(1);
  expect(witness.open).toBe(1);
  note(1, { outcome: 'complete', usage: { tokensIn: 7, tokensOut: 3 } });
  expect(witness.open).toBe(0);
  expect(witness.seen.get('a.1')).toMatchObject({ tokensIn: 7, tokensOut: 3 });
  expect(witness.repeated).toEqual([]);
});

it('knows an attempt that comes in a second time, and none that was refused', () => {
  const { witness, note } = witnessed();
  note(1);
  note(2, { outcome: 'refused' });
  expect(witness.repeated).toEqual([]);
  note(3);
  expect(witness.repeated).toEqual(['a.1']);
});

it('calls back once, at the moment that was named', () => {
  const { witness, note } = witnessed();
  const moments: string[] = [];
  witness.once('answered', () => moments.push('answered'));
  witness.once('broken', () => moments.push('broken'));
  note(1);
  note(1, { outcome: 'aborted' });
  note(2);
  note(2, { outcome: 'complete' });
  note(3, { outcome: 'fault' });
  note(4, { outcome: 'complete' });
  expect(moments).toEqual(['broken', 'answered']);
});
