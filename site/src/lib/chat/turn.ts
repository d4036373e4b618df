import type { SessionEvent, TurnUsage } from '../../../../contract/frames.ts';

export interface ToolCall {
  callId: string;
  name: string;
  args: string;
  output: string;
  state: 'running' | 'done' | 'failed' | 'stopped';
}

/** One user message and all that answers it, as the conversation shows it. */
export interface Turn {
  id: string;
  clientId: string;
  question: string;
  /** Who asked: the member's id. */
  by: string;
  askedAt: number;
  state: 'open' | 'done' | 'aborted' | 'error';
  /** What happens before the first word; null when nothing was said about it. */
  phase: string | null;
  tools: ToolCall[];
  answer: string;
  /** How long the answer took, ms; null until it is whole. */
  ms: number | null;
  failure: { code: string; message: string; retryable: boolean } | null;
  /** What its model calls have used; null until all of them are settled. */
  usage: TurnUsage | null;
}

/** A turn of which nothing is known yet. */
function emptyTurn(event: SessionEvent): Turn {
  return {
    id: event.turnId,
    clientId: '',
    question: '',
    by: '',
    askedAt: event.at,
    state: 'open',
    phase: null,
    tools: [],
    answer: '',
    ms: null,
    failure: null,
    usage: null,
  };
}

/** A running tool whose turn is over will send no result any more. */
function endTools(tools: ToolCall[], state: 'done' | 'stopped'): ToolCall[] {
  return tools.some((tool) => tool.state === 'running')
    ? tools.map((tool) => (tool.state === 'running' ? { ...tool, state } : tool))
    : tools;
}

function changeTool(tools: ToolCall[], callId: string, change: Partial<ToolCall>): ToolCall[] {
  if (tools.some((tool) => tool.callId === callId)) {
    return tools.map((tool) => (tool.callId === callId ? { ...tool, ...change } : tool));
  }
  const added: ToolCall = { callId, name: 'tool', args: '', output: '', state: 'running' };
  return [...tools, { ...added, ...change }];
}

/**
 * The turn after one more of its events, as a new object. Events come in order of `seq`, each once.
 * Deltas of a finished turn are deleted from the log, so a turn may go from its question straight to
 * its final text.
 */
export function advanceTurn(before: Turn | undefined, event: SessionEvent): Turn {
  const turn = before ?? emptyTurn(event);
  const { data } = event;
  switch (data.type) {
    case 'user':
      return {
        ...turn,
        clientId: data.clientId,
        question: data.text,
        by: data.by,
        askedAt: event.at,
      };
    case 'status':
      return { ...turn, phase: data.phase };
    case 'delta':
      return { ...turn, answer: turn.answer + data.text };
    case 'tool.start':
      return {
        ...turn,
        tools: changeTool(turn.tools, data.callId, {
          name: data.name,
          args: data.args,
          state: 'running',
        }),
      };
    case 'tool.update':
      return { ...turn, tools: changeTool(turn.tools, data.callId, { output: data.output }) };
    case 'tool.result':
      return {
        ...turn,
        tools: changeTool(turn.tools, data.callId, {
          name: data.name,
          output: data.output,
          state: data.isError ? 'failed' : 'done',
        }),
      };
    case 'turn.reset':
      return { ...turn, answer: '', phase: null, tools: endTools(turn.tools, 'stopped') };
    case 'final':
      return {
        ...turn,
        state: 'done',
        answer: data.text,
        ms: data.ms,
        usage: data.usage ?? null,
        tools: endTools(turn.tools, 'done'),
      };
    case 'aborted':
      return {
        ...turn,
        state: 'aborted',
        usage: data.usage ?? null,
        answer: data.text === '' ? turn.answer : data.text,
        tools: endTools(turn.tools, 'stopped'),
      };
    case 'error':
      return {
        ...turn,
        state: 'error',
        usage: data.usage ?? null,
        answer: data.text === '' ? turn.answer : data.text,
        failure: { code: data.code, message: data.message, retryable: data.retryable },
        tools: endTools(turn.tools, 'stopped'),
      };
  }
}
