import { describe, expect, test } from 'vitest';
import type { AgentState, AgentStatus } from '../../contract/agent.ts';
import { AGENT_STATUS, INSPECTION } from '../testing/answers.ts';
import { skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const LOST = { code: 'boot_failed', message: 'OpenClaw exited with 78.' };

const at = (state: AgentState, more: Partial<AgentStatus> = {}): AgentStatus => ({
  ...AGENT_STATUS,
  state,
  ...more,
});
const told = (...status: Parameters<typeof at>): Scripted => ({ body: at(...status) });
const seen = (...status: Parameters<typeof at>): Scripted => ({
  body: { ...INSPECTION, agent: at(...status) },
});

async function run(argv: string, ...answers: Scripted[]) {
  const system = await startSystem(...answers);
  const ran = await skclaw([...argv.split(' '), '--tenant-id', 'acme'], {
    env: { SKCLAW_URL: system.url },
  });
  const asked = system.received.map(({ method, url }) => `${method} ${url.slice(18)}`);
  return { ...ran, asked, bodies: system.received.map(({ body }) => body) };
}

describe('without --wait an agent is told, and its answer is the end', () => {
  test.each([
    ['agent wake', 'POST acme/wake', undefined],
    ['agent sleep', 'POST acme/sleep', { force: false }],
    ['agent sleep --force --yes', 'POST acme/sleep', { force: true }],
    ['agent restart', 'POST acme/restart', { force: false }],
    ['agent restart --force --yes', 'POST acme/restart', { force: true }],
  ])('%s', async (argv, asked, body) => {
    const ran = await run(argv, told('starting'));
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: [asked], bodies: [body] });
    expect(ran.data()).toEqual(at('starting'));
  });

  test('as a table when asked', async () => {
    const { stdout } = await run('agent wake --format table', told('booting'));
    expect(stdout).toMatch(/^state +booting$/m);
  });
});

test.each(['agent sleep --force', 'agent restart --force'])(
  '%s asks nobody anything until it is confirmed',
  async (argv) => {
    const ran = await run(argv, told('draining'));
    expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
    expect(ran.error()).toMatchObject({ code: 'confirmation_required' });
  },
);

describe('agent wake --wait', () => {
  test('looks until the agent is ready, and says on stderr what it is at', async () => {
    const ran = await run(
      'agent wake --wait',
      told('starting'),
      seen('restoring'),
      seen('booting'),
      seen('booting'),
      seen('ready', { generation: 4 }),
    );
    expect(ran).toMatchObject({ code: 0, stderr: 'starting\nrestoring\nbooting\n' });
    expect(ran.data()).toEqual(at('ready', { generation: 4 }));
    expect(ran.asked).toEqual(['POST acme/wake', ...Array<string>(4).fill('GET acme')]);
  });

  test('goes on over a failure that is tried again', async () => {
    const failure = { ...LOST, nextTryAt: 1 };
    const answers = [
      told('starting'),
      seen('failed', { failure }),
      seen('starting'),
      seen('ready'),
    ];
    const ran = await run('agent wake --wait', ...answers);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('failed: OpenClaw exited with 78.');
  });

  test('exits 3 with the reason when it has failed for good', async () => {
    const failed = at('failed', { failure: { ...LOST, nextTryAt: null } });
    const ran = await run('agent wake --wait', told('starting'), {
      body: { ...INSPECTION, agent: failed },
    });
    expect(ran.code).toBe(3);
    expect(ran.data()).toEqual(failed);
    expect(ran.error()).toMatchObject({
      code: 'agent_unavailable',
      message: 'The agent failed: OpenClaw exited with 78.',
      hint: expect.stringContaining('agent inspect --tenant-id acme'),
    });
  });

  test('asks again of an agent that was falling asleep, but not for ever', async () => {
    const ran = await run(
      'agent wake --wait',
      told('draining'),
      seen('asleep'),
      told('starting'),
      seen('ready'),
    );
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.asked.filter((line) => line.startsWith('POST'))).toHaveLength(2);
    const never = await run('agent wake --wait', told('asleep'));
    expect(never).toMatchObject({ code: 3, asked: Array(4).fill('POST acme/wake') });
    expect(never.error().message).toBe('The agent is asleep again.');
  });

  test('survives lost connections and a system that is being deployed', async () => {
    const down = { status: 503, body: 'no' };
    const ran = await run(
      'agent wake --wait',
      told('starting'),
      { drops: true },
      { drops: true },
      down,
      down,
      down,
      seen('ready'),
    );
    expect(ran.code).toBe(0);
  });

  test('gives up after half a minute without an answer', async () => {
    const ran = await run('agent wake --wait', told('starting'), { drops: true });
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.error().code).toBe('system_unreachable');
    expect(ran.asked).toHaveLength(8);
  });

  test('gives up on an agent that comes to no end', async () => {
    const ran = await run('agent wake --wait', told('starting'), seen('booting'));
    expect(ran.code).toBe(3);
    expect(ran.data()).toMatchObject({ state: 'booting' });
    expect(ran.error()).toMatchObject({ code: 'upstream_timeout' });
  });
});

describe('agent sleep --wait', () => {
  test('looks until the agent sleeps', async () => {
    const ran = await run('agent sleep --wait', told('draining'), seen('draining'), seen('asleep'));
    expect(ran).toMatchObject({ code: 0, stderr: 'draining\n' });
    expect(ran.data()).toMatchObject({ state: 'asleep' });
  });

  test('ends too when somebody has woken it again in the meantime', async () => {
    const ran = await run(
      'agent sleep --wait',
      told('draining'),
      seen('starting', { generation: 4 }),
    );
    expect(ran.code).toBe(0);
  });

  test('asks again of an agent that was waking', async () => {
    const answers = [told('booting'), seen('ready'), told('draining'), seen('asleep')];
    const ran = await run('agent sleep --wait', ...answers);
    expect(ran.code).toBe(0);
    expect(ran.asked).toEqual(['POST acme/sleep', 'GET acme', 'POST acme/sleep', 'GET acme']);
  });

  test('exits 3 when its state can’t be saved for half a minute', async () => {
    const failure = { code: 'snapshot_failed', message: 'R2 is down.', nextTryAt: 5 };
    const ran = await run('agent sleep --wait', told('draining'), seen('draining', { failure }));
    expect(ran.code).toBe(3);
    expect(ran.error()).toMatchObject({ message: "The agent can't be saved: R2 is down." });
    expect(ran.error().hint).toContain('--force');
    expect(ran.asked.length).toBeLessThan(40);
  });

  test('exits 1 when the agent refuses', async () => {
    const error = { code: 'conflict', message: 'A turn is open.' };
    const ran = await run('agent sleep --wait', { status: 409, body: { error } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});

describe('agent restart --wait', () => {
  test('waits for the next generation, not for the one that ends', async () => {
    const ran = await run(
      'agent restart --wait',
      told('draining'),
      seen('ready', { generation: 3 }),
      seen('asleep'),
      told('starting', { generation: 4 }),
      seen('ready', { generation: 4 }),
    );
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ state: 'ready', generation: 4 });
  });

  test('of an agent that slept takes the generation that starts', async () => {
    const answers = [told('starting', { generation: 4 }), seen('ready', { generation: 4 })];
    expect((await run('agent restart --wait', ...answers)).code).toBe(0);
  });
});
