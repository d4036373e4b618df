import { redact } from './secrets.ts';
import type { Io } from './io.ts';

/** Says on stderr what a long command is doing: one line a step. */
export interface Progress {
  /** Runs one step under its name; its line ends with what `detail` makes of the result. */
  step<T>(name: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T>;
  /** A line between steps. */
  note(line: string): void;
}

/** Before the line of a step that is being replaced: back to its start, and cleared. */
const REWRITE = '\r\u001b[2K';

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/**
 * Progress as it suits stderr: on a terminal each step is one line that turns from running to its
 * end, elsewhere plain lines. With `NO_COLOR` the marks have no colour.
 */
export function createProgress(io: Io): Progress {
  const { isTTY = false } = io.stderr;
  const paint = (colour: number, text: string): string =>
    isTTY && !io.env['NO_COLOR'] ? `\u001b[${colour}m${text}\u001b[39m` : text;
  const say = (text: string): void => void io.stderr.write(redact(text, io.env));
  return {
    async step(name, work, detail) {
      const startedAt = io.now();
      say(isTTY ? `${paint(36, '…')} ${name}` : `${name} …\n`);
      const end = (mark: string, more: string): void =>
        say(`${isTTY ? REWRITE : ''}${mark} ${name}${more}, ${seconds(io.now() - startedAt)}\n`);
      try {
        const result = await work();
        const said = detail?.(result);
        end(paint(32, '✓'), said ? `: ${said}` : '');
        return result;
      } catch (error) {
        end(paint(31, '✗'), '');
        throw error;
      }
    },
    note: (line) => say(`${line}\n`),
  };
}
