import { describe, expect, it } from 'vitest';
import type { EventData } from '../contract/frames.ts';
import { FakeOpenClaw } from './doubles/fake-openclaw.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { createSession, readEvents } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { TurnDriver } from './turn-driver.ts';
import { getTurn, queueTurn, sessionKeyOf, type Turn } from './turns.ts';

function world(db: AgentDb) {
  const openclaw = new FakeOpenClaw();
  const lost: string[] = [];
  const recalled: string[] = [];
  const ended: string[] = [];
  const sessionId = createSession(db, { title: undefined, maxSessions: 20, now: NOW }).id;
  const makeDriver = (): TurnDriver =>
    new TurnDriver({
      db,
      now: () => NOW,
      openGateway: async () => ({ socket: openclaw.connect(), token: 'token', generation: 1 }),
      recall: async (id) => void recalled.push(id),
      emit: () => undefined,
      ended: (turn) => ended.push(turn.id),
      lost: (reason) => lost.push(reason),
    });
  const queue = (clientId: string): Turn =>
    queueTurn(db, {
      sessionId,
      clientId,
      text: `text of ${clientId}`,
      by: 'Ann',
      workload: 'chat',
      maxQueued: 4,
      now: NOW,
    }).turn;
  const reread = (turn: Turn): Turn => getTurn(db, turn.id) ?? turn;
  const log = (): EventData[] =>
    readEvents(db, { sessionId, after: 0, limit: 100 }).map(({ data }) => data);
  const key = sessionKeyOf(sessionId);
  return {
    openclaw,
    driver: makeDriver(),
    makeDriver,
    queue,
    reread,
    log,
    lost,
    recalled,
    ended,
    key,
  };
}

/** A turn under way: sent, nothing said yet. */
async function running(db: AgentDb) {
  const made = world(db);
  const turn = made.queue('client-1');
  const carried = made.driver.attach(turn);
  await made.openclaw.until('chat.send');
  return { ...made, turn, carried };
}

const userRow = (turn: Turn) => ({
  role: 'user',
  content: [{ type: 'text', text: turn.text }],
  idempotencyKey: `${turn.id}:user`,
});
const assistantRow = (text: string, stopReason: string) => ({
  role: 'assistant',
  content: [{ type: 'text', text }],
  stopReason,
});

describe('a new turn', () => {
  it('is sent once, under its own id, to its session with its workload as model', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, turn, carried, key } = await running(db);
      expect(await openclaw.until('sessions.patch')).toEqual({ key, model: 'platform/chat' });
      expect(await openclaw.until('chat.send')).toEqual({
        sessionKey: key,
        message: 'text of client-1',
        idempotencyKey: turn.id,
      });
      openclaw.final(key, turn.id, 'Hello.');
      await carried;
      expect(openclaw.methods()).toEqual([
        'connect',
        'sessions.patch',
        'sessions.messages.subscribe',
        'chat.send',
      ]);
    }));

  it('becomes events: phases, text, tools, and at its end the answer instead of the stream', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, turn, carried, key, log, ended } = await running(db);
      openclaw.chat(key, turn.id, { state: 'status', phase: 'starting_model' });
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'Let me ' });
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'look.' });
      const tool = { toolCallId: 'c', name: 'read' };
      const event = (data: object) =>
        openclaw.event('agent', { runId: turn.id, sessionKey: key, stream: 'tool', data });
      event({ phase: 'start', args: { path: 'a' }, ...tool });
      event({ phase: 'result', result: 'text of a', isError: false, ...tool });
      openclaw.final(key, turn.id, 'It says hello.');
      await carried;
      expect(log()).toEqual([
        expect.objectContaining({ type: 'user' }),
        { type: 'tool.start', callId: 'c', name: 'read', args: '{"path":"a"}' },
        { type: 'tool.result', callId: 'c', name: 'read', output: 'text of a', isError: false },
        { type: 'final', text: 'It says hello.', ms: 0 },
      ]);
      expect(ended).toEqual([turn.id]);
      expect(driver.isAttached(turn.id)).toBe(false);
    }));

  it('whose model call is repeated starts its text over', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, turn, carried, key, log } = await running(db);
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'half an' });
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'the answer', replace: true });
      openclaw.chat(key, turn.id, { state: 'aborted' });
      await carried;
      expect(log().slice(1)).toEqual([
        { type: 'turn.reset', reason: 'restated' },
        expect.objectContaining({ type: 'aborted', text: 'the answer' }),
      ]);
    }));

  it('that fails ends with OpenClaw’s reason once, though it is said twice', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, turn, carried, key, log, ended } = await running(db);
      const failed = { state: 'error', errorMessage: 'Daily limit reached.' };
      openclaw.chat(key, turn.id, failed);
      openclaw.chat(key, turn.id, failed);
      await carried;
      expect(log().slice(1)).toEqual([
        expect.objectContaining({ type: 'error', message: 'Daily limit reached.' }),
      ]);
      expect(ended).toHaveLength(1);
    }));

  it('that OpenClaw refuses ends with an error', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, queue, log } = world(db);
      openclaw.answers['chat.send'] = () => {
        throw new Error('message is not valid');
      };
      await driver.attach(queue('client-1'));
      expect(log().at(-1)).toMatchObject({ type: 'error', message: 'message is not valid' });
    }));

  it('meets an OpenClaw that is held for a checkpoint: it is sent once that goes on', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, queue, key, log } = world(db);
      let refusals = 2;
      openclaw.answers['chat.send'] = () => {
        if (refusals-- > 0) throw Object.assign(new Error('held'), { code: 'UNAVAILABLE' });
      };
      const turn = queue('client-1');
      const carried = driver.attach(turn);
      await openclaw.until('chat.send', 3);
      openclaw.final(key, turn.id, 'Hello.');
      await carried;
      expect(log().slice(1)).toEqual([{ type: 'final', text: 'Hello.', ms: 0 }]);
    }));

  it('is sent after OpenClaw was told what it has lost of the session', () =>
    freshAgent().inside(async ({ db }) => {
      const { turn, recalled } = await running(db);
      expect(recalled).toEqual([turn.sessionId]);
    }));

  it('ends what may still run of a turn that was ended before it', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, queue, key } = world(db);
      driver.end(queue('client-1'), {
        type: 'error',
        code: 'turn_failed',
        message: 'It took too long.',
        retryable: true,
        text: '',
      });
      const second = queue('client-2');
      const carried = driver.attach(second);
      await openclaw.until('chat.send');
      expect(openclaw.methods().slice(-2)).toEqual(['chat.abort', 'chat.send']);
      openclaw.final(key, second.id, 'Hello.');
      await carried;
    }));

  it('is not ended by the late end of the turn before it', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, turn, carried, key, queue, reread } = await running(db);
      openclaw.final(key, turn.id, 'first');
      await carried;
      const second = queue('client-2');
      const carrying = driver.attach(second);
      await openclaw.until('chat.send', 2);
      openclaw.final(key, turn.id, 'first');
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'of the first' });
      openclaw.final(key, second.id, 'second');
      await carrying;
      expect(reread(second).state).toBe('done');
    }));

  it('is not ended by a note that is put into the transcript before it is sent', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, turn, carried, key, log } = await running(db);
      openclaw.final(key, 'inject-1', '[Recovered] It went like this.');
      openclaw.final(key, 'another-run', 'Somebody else’s answer.');
      openclaw.final(key, turn.id, 'Hello.');
      await carried;
      expect(log().slice(1)).toEqual([{ type: 'final', text: 'Hello.', ms: 0 }]);
    }));

  it('takes no text from a run of another turn', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, turn, carried, key, queue, log } = await running(db);
      openclaw.final(key, turn.id, 'first');
      await carried;
      const second = queue('client-2');
      const carrying = driver.attach(second);
      await openclaw.until('chat.send', 2);
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'of the first' });
      openclaw.chat(key, second.id, { state: 'delta', deltaText: 'of the second' });
      openclaw.chat(key, second.id, { state: 'aborted' });
      await carrying;
      expect(log().at(-1)).toMatchObject({ type: 'aborted', text: 'of the second' });
    }));
});

describe('a turn whose link breaks', () => {
  async function broken(db: AgentDb) {
    const made = await running(db);
    made.openclaw.chat(made.key, made.turn.id, { state: 'delta', deltaText: 'Hel' });
    made.openclaw.drop();
    await made.carried;
    expect(made.lost).toHaveLength(1);
    expect(made.reread(made.turn).state).toBe('running');
    return { ...made, again: () => made.makeDriver().attach(made.reread(made.turn)) };
  }

  it('that was answered meanwhile takes the answer, and is not sent again', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, again, turn, log } = await broken(db);
      openclaw.history = { messages: [userRow(turn), assistantRow('Hello.', 'stop')] };
      await again();
      expect(log().slice(1)).toEqual([{ type: 'final', text: 'Hello.', ms: 0 }]);
      expect(openclaw.methods().filter((method) => method === 'chat.send')).toHaveLength(1);
    }));

  it('that is still answered is followed from all that was said, whatever the run’s id', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, again, turn, log, key } = await broken(db);
      const inFlightRun = { runId: 'resumed', text: 'Hello, wor', startedAt: 1, events: [] };
      openclaw.history = { messages: [userRow(turn)], inFlightRun };
      const carried = again();
      await openclaw.until('chat.history');
      openclaw.chat(key, 'resumed', { state: 'delta', deltaText: 'ld' });
      openclaw.chat(key, 'resumed', { state: 'aborted' });
      await carried;
      expect(log().slice(1)).toEqual([
        { type: 'turn.reset', reason: 'reattached' },
        expect.objectContaining({ type: 'aborted', text: 'Hello, world' }),
      ]);
      expect(openclaw.methods().filter((method) => method === 'chat.send')).toHaveLength(1);
    }));

  it('of which a restored OpenClaw knows nothing is sent again', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, again, turn, log, key } = await broken(db);
      const carried = again();
      await openclaw.until('chat.send', 2);
      openclaw.final(key, turn.id, 'Hello again.');
      await carried;
      expect(log().slice(1)).toEqual([
        { type: 'turn.reset', reason: 'restored' },
        { type: 'final', text: 'Hello again.', ms: 0 },
      ]);
    }));

  it('because the sandbox is gone comes back at once, though nothing says goodbye', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, turn, carried, reread } = await running(db);
      await driver.detach();
      await carried;
      expect(driver.isAttached(turn.id)).toBe(false);
      expect(reread(turn).state).toBe('running');
    }));

  it('that was failed or stopped meanwhile ends as that', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, again, turn, log } = await broken(db);
      openclaw.history = { messages: [userRow(turn), assistantRow('It broke.', 'error')] };
      await again();
      expect(log().at(-1)).toMatchObject({ type: 'error', message: 'It broke.' });
    }));
});

describe('stopping', () => {
  it('a running turn aborts its run and keeps what was said, with who stopped it', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, turn, carried, key, log } = await running(db);
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'Hel' });
      await driver.stop(turn, 'Bob');
      expect(await openclaw.until('chat.abort')).toEqual({ sessionKey: key });
      openclaw.chat(key, turn.id, { state: 'aborted' });
      await carried;
      expect(log().slice(1)).toEqual([{ type: 'aborted', text: 'Hel', by: 'Bob' }]);
    }));

  it('a turn that waits behind a running one ends it alone', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, driver, turn, carried, key, queue, reread } = await running(db);
      const waiting = queue('client-2');
      openclaw.chat(key, turn.id, { state: 'delta', deltaText: 'Hel' });
      await driver.stop(waiting, 'Bob');
      expect(reread(waiting).state).toBe('aborted');
      expect(openclaw.methods()).not.toContain('chat.abort');
      openclaw.chat(key, turn.id, { state: 'aborted' });
      await carried;
      expect(reread(turn).state).toBe('aborted');
    }));

  it('a turn that nobody carries ends it at once', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, queue, log } = world(db);
      await driver.stop(queue('client-1'), 'Bob');
      expect(log().at(-1)).toEqual({ type: 'aborted', text: '', by: 'Bob' });
    }));
});
