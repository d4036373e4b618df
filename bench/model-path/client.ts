import { Agent, request, type IncomingMessage } from 'node:http';
import { type Arrival, arrivalsOf, type Piece } from './arrivals.ts';
import { requestBody, STREAM_CHUNKS } from './completions.ts';
import { machineMs } from './machine-clock.ts';
import type { Subject } from './subject.ts';

/** One answer that came as a whole. */
export interface WholeCall {
  /** From sending the request to the last byte of the answer. */
  ms: number;
}

/** One answer that came as a stream. */
export interface StreamedCall {
  /** From sending the request until the first chunk was there. */
  firstMs: number;
  /** For each later chunk, from the upstream's sending it until it was here. */
  chunkMs: number[];
  /** Between two chunks that came one after the other. */
  gapMs: number[];
}

interface Answer {
  startMs: number;
  pieces: Piece[];
  endMs: number;
}

/** A client with kept connections. Every answer is checked; one that is not as it must be throws. */
export class Client {
  readonly #subject: Subject;
  readonly #agent: Agent;
  readonly #bodies: { whole: string; streamed: string };

  constructor(subject: Subject, { connections }: { connections: number }) {
    const { model } = subject;
    this.#subject = subject;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#bodies = {
      whole: requestBody({ model, stream: false }),
      streamed: requestBody({ model, stream: true }),
    };
  }

  async call(): Promise<WholeCall> {
    const { startMs, endMs, pieces } = await this.#ask(this.#bodies.whole);
    checkUsage(textOf(pieces));
    return { ms: endMs - startMs };
  }

  async stream(): Promise<StreamedCall> {
    const { startMs, pieces } = await this.#ask(this.#bodies.streamed);
    const arrivals = arrivalsOf(pieces);
    const last = arrivals.pop()?.data;
    if (last !== '[DONE]')
      throw new Error(`a stream of ${this.#subject.name} ends with ${last} and not with [DONE]`);
    checkUsage(arrivals.pop()?.data ?? '');
    const [first, ...later] = arrivals.flatMap(chunkOf);
    if (!first || later.length !== STREAM_CHUNKS - 1)
      throw new Error(`${later.length + 1} of ${STREAM_CHUNKS} chunks came`);
    return {
      firstMs: first.atMs - startMs,
      chunkMs: later.map(({ atMs, sentMs }) => atMs - sentMs),
      gapMs: later.map(({ atMs }, index) => atMs - (later[index - 1] ?? first).atMs),
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(body: string): Promise<Answer> {
    const { url, headers } = this.#subject;
    return new Promise((resolve, reject) => {
      const startMs = machineMs();
      const sent = request(url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      });
      sent.on('error', reject);
      sent.on('response', (response) => collect(response, startMs).then(resolve, reject));
      sent.end(body);
    });
  }
}

async function collect(response: IncomingMessage, startMs: number): Promise<Answer> {
  const { statusCode = 0 } = response;
  const pieces: Piece[] = [];
  response.setEncoding('utf8');
  response.on('data', (text: string) => pieces.push({ atMs: machineMs(), text }));
  await new Promise((resolve, reject) => response.on('end', resolve).on('error', reject));
  if (statusCode < 200 || statusCode > 299)
    throw new Error(`a call was answered ${statusCode}: ${textOf(pieces)}`);
  return { startMs, pieces, endMs: machineMs() };
}

const textOf = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join('');

function checkUsage(json: string): void {
  const { usage } = JSON.parse(json) as { usage?: { total_tokens?: number } };
  if (!usage?.total_tokens) throw new Error(`an answer came without usage: ${json}`);
}

/** The chunk with its time of sending, which is its text; nothing for one without text. */
function chunkOf({ atMs, data }: Arrival): { atMs: number; sentMs: number }[] {
  const { choices } = JSON.parse(data) as { choices?: { delta?: { content?: string } }[] };
  const content = choices?.[0]?.delta?.content;
  return content ? [{ atMs, sentMs: Number(content) }] : [];
}
