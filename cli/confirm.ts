import { AppError } from '../contract/errors.ts';
import type { Io } from './io.ts';

/**
 * Goes on when the person at the terminal says yes, or when `--yes` said so before. With nobody
 * there to ask it refuses: a script must have said that it means it. `what` reads like
 * "Delete snapshot 01J… of acme".
 */
export async function confirm(io: Io, asked: { what: string; yes: boolean }): Promise<void> {
  if (asked.yes) return;
  if (!io.ask) {
    throw new AppError('confirmation_required', `${asked.what}: nobody is here to confirm it.`, {
      hint: 'Give --yes to go on without a question.',
    });
  }
  const answer = await io.ask(`${asked.what}? [y/N] `);
  if (/^y(?:es)?$/i.test(answer.trim())) return;
  throw new AppError('confirmation_required', 'Not confirmed: nothing was changed.');
}

/**
 * Goes on when the name of what will be gone was typed: at the terminal, or with `--confirm`. A
 * plain yes is not enough for what can't be brought back.
 */
export async function confirmByName(
  io: Io,
  asked: { what: string; name: string; typed: string | undefined },
): Promise<void> {
  const { what, name } = asked;
  if (asked.typed === undefined && !io.ask) {
    throw new AppError('confirmation_required', `${what}: its name was not typed.`, {
      hint: `Give --confirm ${name} to go on.`,
    });
  }
  const typed = asked.typed ?? (await io.ask?.(`${what}. Type ${name} to go on: `));
  if (typed?.trim() === name) return;
  throw new AppError('confirmation_required', `${name} was not typed: nothing was changed.`);
}
