import type { ChatMessage, ChatRequest } from './chat-request.ts';
import { personText } from './openclaw-text.ts';

/** What a request tells about the conversation so far. */
export interface Conversation {
  /** What the user wrote, oldest first, internal blocks left out. */
  userTexts: readonly string[];
  /** Tool results that came after the newest of these texts, oldest first. */
  toolResults: readonly ToolResult[];
}

export interface ToolResult {
  /** Null when no call of the request has the result's id. */
  tool: string | null;
  text: string;
}

/** The text of a message; parts that are not text are named in brackets. */
export function contentText(message: ChatMessage): string {
  const content = message.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((part) => part.text ?? `[${part.type}]`).join('\n');
}

/** Reads the conversation out of a request's messages. Pure. */
export function readConversation(messages: ChatRequest['messages']): Conversation {
  const userTexts: string[] = [];
  let toolResults: ToolResult[] = [];
  const toolNames = new Map<string, string>();
  for (const message of messages) {
    for (const call of message.tool_calls ?? []) toolNames.set(call.id, call.function.name);
    if (message.role === 'tool') {
      const tool = toolNames.get(message.tool_call_id ?? '') ?? message.name ?? null;
      toolResults.push({ tool, text: contentText(message) });
    }
    if (message.role !== 'user') continue;
    const text = personText(contentText(message));
    if (!text) continue;
    userTexts.push(text);
    toolResults = [];
  }
  return { userTexts, toolResults };
}
