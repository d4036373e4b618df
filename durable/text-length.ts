import { AppError } from '../contract/errors.ts';

/**
 * AppError payload_too_large when a text for the agent has more than `maxChars` characters. A
 * schedule's prompt is sent like a member's message, and has the same bound.
 */
export function checkTextLength(
  text: string,
  { kind, maxChars }: { kind: 'message' | 'prompt'; maxChars: number },
): void {
  if (text.length <= maxChars) return;
  throw new AppError('payload_too_large', `A ${kind} may have ${maxChars} characters.`);
}
