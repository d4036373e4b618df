import { describe, expect, test } from 'vitest';
import type { AgentLogLine, AgentLogs } from '../../contract/agent-logs.ts';
import type { AgentState } from '../../contract/agent.ts';
import type { TimelineData, TimelineEntry } from '../../contract/timeline.ts';
import { INSPECTION } from '../testing/answers.ts';
import { skclaw, startSystem, type Received, type Scripted } from '../testing/harness.ts';

const AT = Date.UTC(2026, 10, 22);

function look(state: AgentState, more: object = {}): Scripted {
  return { body: { ...INSPECTION, ...more, agent: { ...INSPECTION.agent, state, generation: 4 } } };
}

function entry(seq: number, data: TimelineData): TimelineEntry {
  return { seq, at: AT + seq, generation: 4, data };
}

const READY = entry(8, { type: 'ready', ms: 9_000, restored: null });
const DRAIN = entry(9, { type: 'drain', force: false, again: false });
const ASLEEP = entry(10, { type: 'asleep', ms: 800 });

/** Gives the n-th answer to the n-th look, and of the entries those that are asked for. */
async function watch(
  looks: { agent: Scripted; entries?: TimelineEntry[]; timeline?: Scripted }[],
  argv: string[] = [],
) {
  let looked = 0;
  const step = () => looks[Math.min(looked, looks.length - 1)];
  const system = await startSystem(({ url }: Received) => {
    if (!url.includes('/timeline')) {
      const answer = step()?.agent ?? {};
      if (!answer.drops) looked += 1;
      return answer;
    }
    if (looked > 0) {
      const scripted = looks[looked - 1]?.timeline;
      if (scripted) {
        delete looks[looked - 1]?.timeline;
        return scripted;
      }
    }
    const after = new URL(url, 'http://x').searchParams.get('after');
    const known = looks.slice(0, looked).flatMap(({ entries = [] }) => entries);
    const newer = known.filter(({ seq }) => after !== null && seq > Number(after));
    const body = {
      entries: newer.slice(0, 1),
      more: newer.length > 1,
      lastSeq: known.at(-1)?.seq ?? 7,
    };
    return { body };
  });
  const ran = await skclaw(['agent', 'watch', '--tenant-id', 'acme', ...argv], {
    env: { SKCLAW_URL: system.url },
  });
  return { ...ran, received: system.received };
}

const kinds = (lines: Record<string, unknown>[]): unknown[] =>
  lines.map((line) =>
    line['t'] === 'timeline'
      ? (line['entry'] as TimelineEntry).data.type
      : line['t'] === 'agent'
        ? (line['inspection'] as typeof INSPECTION).agent.state
        : line,
  );
const END = { t: 'end', state: 'asleep', generation: 4, at: AT };

describe('agent watch', () => {
  test('of an agent that sleeps says so once and ends', async () => {
    const ran = await watch([{ agent: look('asleep') }]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.lines()).toEqual([{ t: 'agent', inspection: look('asleep').body }, END]);
    expect(ran.received.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('prints each change once, in order, until the agent sleeps', async () => {
    const ran = await watch([
      { agent: look('booting') },
      { agent: look('booting') },
      { agent: look('ready'), entries: [READY] },
      { agent: look('ready', { connections: 1 }) },
      { agent: look('draining'), entries: [DRAIN] },
      { agent: look('asleep'), entries: [ASLEEP] },
    ]);
    expect(ran.code).toBe(0);
    expect(kinds(ran.lines())).toEqual([
      'booting',
      'ready',
      'ready',
      'ready',
      'drain',
      'draining',
      'asleep',
      'asleep',
      END,
    ]);
  });

  test('a clock that goes on is no change', async () => {
    const { limits } = INSPECTION;
    const later = { ...limits, minute: { ...limits.minute, start: 60_000 } };
    const ran = await watch([
      { agent: look('ready') },
      { agent: look('ready', { limits: later, constructedAt: 5 }) },
      { agent: look('asleep') },
    ]);
    expect(kinds(ran.lines())).toEqual(['ready', 'asleep', END]);
  });

  test('an agent that sleeps and wakes between two looks is watched on', async () => {
    const START = entry(11, { type: 'start', restore: null });
    const ran = await watch([
      { agent: look('draining') },
      { agent: look('starting'), entries: [ASLEEP, START] },
      { agent: look('asleep') },
    ]);
    expect(kinds(ran.lines())).toEqual(['draining', 'asleep', 'start', 'starting', 'asleep', END]);
  });

  test('a connection that is lost costs no line and doubles none', async () => {
    let drops = 2;
    const flaky = look('ready');
    const ran = await watch([
      { agent: look('booting') },
      {
        get agent() {
          drops -= 1;
          return drops >= 0 ? { drops: true as const } : flaky;
        },
        entries: [READY, DRAIN],
        timeline: { status: 502, body: 'bad gateway' },
      },
      { agent: look('asleep'), entries: [ASLEEP], timeline: { drops: true } },
    ]);
    expect(ran.code).toBe(0);
    expect(kinds(ran.lines())).toEqual([
      'booting',
      'ready',
      'drain',
      'ready',
      'asleep',
      'asleep',
      END,
    ]);
  });

  test('exits 3 when the system stays away, after what was printed', async () => {
    const ran = await watch([{ agent: look('ready') }, { agent: { drops: true } }]);
    expect(ran.code).toBe(3);
    expect(kinds(ran.lines())).toEqual(['ready']);
    expect(ran.error().code).toBe('system_unreachable');
  });

  test('exits 3 with the reason when the agent has failed for good', async () => {
    const failure = { code: 'restore_corrupt', message: 'It did not verify.', nextTryAt: null };
    const failed = { ...INSPECTION, agent: { ...INSPECTION.agent, state: 'failed', failure } };
    const ran = await watch([{ agent: { body: failed } }]);
    expect(ran.code).toBe(3);
    expect(ran.lines().at(-1)).toMatchObject({ t: 'end', state: 'failed' });
    expect(ran.error().message).toContain('It did not verify.');
  });

  test('exits 1 when the tenant is deleted meanwhile', async () => {
    const error = { code: 'tenant_deleted', message: 'The tenant is deleted.' };
    const gone = { agent: { status: 410, body: { error } } };
    const ran = await watch([{ agent: look('ready') }, gone]);
    expect([ran.code, ran.error()]).toEqual([1, error]);
  });

  test('is for people with --format table, a line each', async () => {
    const looks = [{ agent: look('ready') }, { agent: look('asleep'), entries: [ASLEEP] }];
    const { stdout } = await watch(looks, ['--format', 'table']);
    expect(stdout.split('\n')).toEqual([
      expect.stringContaining('ready: generation 4'),
      '2026-11-22T00:00:00.010Z asleep {"ms":800}',
      expect.stringContaining('asleep: generation 4'),
      '2026-11-22T00:00:00.000Z asleep: the watch ends.',
      '',
    ]);
  });
});

const line = (seq: number, generation = 4, text = `line ${seq}`): AgentLogLine => ({
  seq,
  generation,
  at: AT + seq,
  source: 'openclaw',
  level: 'info',
  text,
});

const page = (more: Partial<AgentLogs>): Scripted => {
  const { lines = [], generation = 4 } = more;
  return {
    body: {
      state: 'ready',
      running: true,
      generation,
      lines,
      next: lines.at(-1)?.seq ?? 0,
      more: false,
      ...more,
    },
  };
};

async function logs(argv: string, ...answers: Scripted[]) {
  const system = await startSystem(...answers);
  const ran = await skclaw(
    ['agent', 'logs', '--tenant-id', 'acme', ...argv.split(' ').filter(Boolean)],
    {
      env: { SKCLAW_URL: system.url },
    },
  );
  const asked = system.received.map(({ url }) =>
    Object.fromEntries(new URL(url, system.url).searchParams),
  );
  return { ...ran, asked };
}
const END_OF = { state: 'asleep', running: false } as const;

describe('agent logs', () => {
  test('prints what is kept and what comes, a line each, until the agent sleeps', async () => {
    const ran = await logs(
      '',
      page({ lines: [line(1), line(2)], more: true }),
      page({ lines: [line(3)] }),
      page({ next: 3 }),
      page({ lines: [line(4)], ...END_OF }),
    );
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.lines()).toEqual([line(1), line(2), line(3), line(4)]);
    expect(ran.asked).toEqual([
      { after: '0', limit: '200' },
      { after: '2', generation: '4', limit: '200' },
      { after: '3', generation: '4', limit: '200' },
      { after: '3', generation: '4', limit: '200' },
    ]);
  });

  test('of an agent that sleeps and left none is empty and done', async () => {
    expect(await logs('', page(END_OF))).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('--no-follow ends with what there is', async () => {
    const answers = [page({ lines: [line(1)], more: true }), page({ lines: [line(2)] })];
    const ran = await logs('--no-follow', ...answers);
    expect(ran.lines()).toEqual([line(1), line(2)]);
    expect(ran.asked).toHaveLength(2);
  });

  test('asks for level, words and the newest lines only', async () => {
    const wanted = '--no-follow --level warn --query snapshot --tail 5';
    const ran = await logs(wanted, page({ lines: [line(9)] }));
    expect(ran.asked).toEqual([{ level: 'warn', q: 'snapshot', limit: '5' }]);
  });

  test('--tail 0 begins with what comes', async () => {
    const ran = await logs(
      '--tail 0',
      page({ lines: [line(9)] }),
      page({ lines: [line(10)], ...END_OF }),
    );
    expect(ran.lines()).toEqual([line(10)]);
    expect(ran.asked[1]).toMatchObject({ after: '9' });
  });

  test('goes on with a new generation from its first line', async () => {
    const ran = await logs(
      '',
      page({ lines: [line(1), line(2)] }),
      page({ lines: [line(1, 5)], generation: 5, state: 'booting' }),
      page({ lines: [line(2, 5)], generation: 5, ...END_OF }),
    );
    expect(ran.lines()).toEqual([line(1), line(2), line(1, 5), line(2, 5)]);
    expect(ran.asked[2]).toMatchObject({ after: '1', generation: '5' });
  });

  test('prints no line again that a muddled answer repeats', async () => {
    const ran = await logs(
      '',
      page({ lines: [line(1), line(2)] }),
      page({ lines: [line(1), line(2)], next: 2 }),
      page({ lines: [line(7, 3)], generation: 3 }),
      page({ lines: [line(3)], ...END_OF }),
    );
    expect(ran.lines()).toEqual([line(1), line(2), line(3)]);
  });

  test('goes on after a lost connection where it was', async () => {
    const ran = await logs(
      '',
      page({ lines: [line(1)] }),
      { drops: true },
      { ...page({ lines: [line(2)] }), headers: { 'content-length': '9999' }, drops: true },
      { status: 503, body: '' },
      page({ lines: [line(2)], ...END_OF }),
    );
    expect(ran.code).toBe(0);
    expect(ran.lines()).toEqual([line(1), line(2)]);
  });

  test('exits 3 when the system stays away, after what was printed', async () => {
    const ran = await logs('', page({ lines: [line(1)] }), { drops: true });
    expect([ran.code, ran.error().code]).toEqual([3, 'system_unreachable']);
    expect(ran.lines()).toEqual([line(1)]);
    expect(ran.asked).toHaveLength(8);
  });

  test('waits over a failure that is tried again, and exits 3 when none is', async () => {
    const failed = (nextTryAt: number | null): Scripted => ({
      body: {
        ...INSPECTION,
        agent: {
          ...INSPECTION.agent,
          state: 'failed',
          failure: { code: 'x', message: 'Why.', nextTryAt },
        },
      },
    });
    const down = page({ state: 'failed', running: false });
    const ran = await logs('', down, failed(5), down, failed(null));
    expect([ran.code, ran.error().message]).toEqual([3, 'The agent failed: Why.']);
  });

  test.each([
    ['--tail 201', '--tail must be a number from 0 to 200'],
    ['--level loud', '--level must be one of debug, info'],
  ])('refuses %s', async (argv, message) => {
    const ran = await logs(argv, page({}));
    expect([ran.code, ran.asked]).toEqual([1, []]);
    expect(ran.error().message).toContain(message);
  });

  test('is for people with --format table, and moves no cursor', async () => {
    const lines = [line(1, 4, 'a\u001b[2Jb')];
    const { stdout } = await logs('--no-follow --format table', page({ lines }));
    expect(stdout).toBe('2026-11-22T00:00:00.001Z info  openclaw (4) a [2Jb\n');
  });
});
