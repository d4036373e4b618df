import type { ChatRequest } from '../contract/ai-gateway.ts';

/**
 * What an image stands for in a request's size, in bytes: models cut it into some 1,000 to 2,000 tokens,
 * however large its file is, and a reservation counts two bytes a token.
 */
const IMAGE_BYTES = 4_000;

const isPart = (part: unknown): part is { type?: unknown; image_url?: unknown } =>
  typeof part === 'object' && part !== null;

/** How much of a request an image part is, in bytes, and how much it stands for. */
function excessOf(part: unknown): number {
  if (!isPart(part) || part.type !== 'image_url') return 0;
  const image = part.image_url as { url?: unknown } | null | undefined;
  const url = typeof image?.url === 'string' ? image.url : '';
  return IMAGE_BYTES - url.length;
}

/**
 * The size of a request as limits and routes look at it, in bytes: its images are counted by what they
 * cost and not by how long their data is.
 */
export function promptBytes(body: ChatRequest, requestBytes: number): number {
  let bytes = requestBytes;
  for (const { content } of body.messages) {
    if (Array.isArray(content)) for (const part of content) bytes += excessOf(part);
  }
  return Math.max(0, bytes);
}
