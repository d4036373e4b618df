import { z } from 'zod';

const parts = z.array(z.looseObject({ type: z.string(), text: z.string().optional() }));

/** The text of an OpenClaw message's content: a string, or parts of which only the text ones speak. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parsed = parts.safeParse(content);
  return (parsed.data ?? [])
    .map((part) => (part.type === 'text' ? (part.text ?? '') : ''))
    .join('');
}
