/** Chunks of a stream that carry text; a finish, a usage chunk and `[DONE]` follow. */
export const STREAM_CHUNKS = 200;
/** Time between two chunks of a stream: a fast model's 200 tokens a second, ms. */
export const PACE_MS = 5;

const PROMPT =
  'You help the support desk of a small bicycle workshop. A customer writes: the rear wheel of my ' +
  'commuter rubs the brake pad once per turn since I rode over a kerb, the spokes on the left side ' +
  'feel loose, and the chain skips in the two smallest sprockets when I pedal hard uphill. I need the ' +
  'bicycle on Monday morning and live a quarter of an hour from you. Please name the likely causes in ' +
  'order of urgency, say which of them are safe to ride with until Monday, and what to bring along.';

/** A request of about 700 bytes, as JSON. */
export function requestBody(options: { model: string; stream: boolean }): string {
  const { model, stream } = options;
  const messages = [{ role: 'user', content: PROMPT }];
  const asked = stream ? { stream, stream_options: { include_usage: true } } : {};
  return JSON.stringify({ model, messages, max_tokens: 256, ...asked });
}

const USAGE = { prompt_tokens: 117, completion_tokens: 42, total_tokens: 159 };
const HEAD = {
  id: 'chatcmpl-bench-0123456789abcdef',
  created: 1_793_500_000,
  model: 'bench-model',
};
const ANSWER =
  'A bent rim is the urgent one: loose spokes let it move, so please do not ride it. The skipping ' +
  'chain is worn and may wait. Bring the bicycle and the wheel key on Monday.';

/** The one answer that is not streamed, about 470 bytes. */
export const WHOLE_ANSWER = JSON.stringify({
  ...HEAD,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: ANSWER },
      finish_reason: 'stop',
      logprobs: null,
    },
  ],
  usage: USAGE,
});

const event = (data: string): string => `data: ${data}\n\n`;
const chunk = (rest: object): string =>
  event(JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', ...rest }));
const delta = (content: string): string =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });

/** A chunk whose text is the time it was sent, ms on the machine's clock. */
export const sentEvent = (sentMs: number): string => delta(sentMs.toFixed(4));

/** What comes after the last chunk of text. */
export const STREAM_END =
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
  chunk({ choices: [], usage: { ...USAGE, completion_tokens: STREAM_CHUNKS } }) +
  event('[DONE]');
