import type { AiGateway, RecordedRequest } from '../../local/ai-gateway/index.ts';
import { answer } from '../../local/ai-gateway/answer.ts';
import { chatRequest } from '../../local/ai-gateway/chat-request.ts';
import { readConversation } from '../../local/ai-gateway/conversation.ts';

/** Everything that went upstream, and what it must have answered. */
export class ModelWitness {
  /** Calls that reached a model, by their attempt's id. */
  readonly calls = new Map<string, RecordedRequest>();
  /** Attempts that were seen upstream more than once. */
  readonly repeated: string[] = [];
  readonly #answers = new Map<string, Set<string>>();
  readonly #seen = new Map<string, number>();

  constructor(gateway: AiGateway) {
    gateway.onRequest((request) => this.#note(request));
  }

  /** The complete answers that a tenant's message may have: one for each state of its conversation. */
  answersTo(tenantId: string, text: string): ReadonlySet<string> {
    return this.#answers.get(`${tenantId} ${text}`) ?? new Set();
  }

  /** Whether a text is a complete answer to a message that OpenClaw took up again in words of its own. */
  hasAnsweredAnew(tenantId: string, text: string, answered: string): boolean {
    return [...this.#answers].some(
      ([key, answers]) => key.startsWith(`${tenantId} ${text} `) && answers.has(answered),
    );
  }

  #note(request: RecordedRequest): void {
    if (request.outcome === 'refused') return;
    const id = String(request.metadata['call']);
    const seq = this.#seen.get(id);
    if (seq !== undefined && seq !== request.seq) this.repeated.push(id);
    this.calls.set(id, request);
    if (seq === request.seq) return;
    this.#seen.set(id, request.seq);
    const body = chatRequest.safeParse(request.body);
    if (!body.success) return;
    const newest = readConversation(body.data.messages).userTexts.at(-1);
    const said = answer(body.data);
    if (newest === undefined || said.kind !== 'text') return;
    const key = `${String(request.metadata['tenant'])} ${newest}`;
    this.#answers.set(key, (this.#answers.get(key) ?? new Set()).add(said.text.trim()));
  }
}
