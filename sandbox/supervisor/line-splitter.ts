import { MAX_LINE_CHARS } from './log-ring.ts';

/**
 * Cuts a stream of text chunks into lines. A line longer than the log keeps is cut there, so a
 * child that never prints a newline cannot fill memory.
 * @returns `write` for chunks and `end` for the last, unfinished line.
 */
export function lineSplitter(onLine: (line: string) => void): {
  write: (chunk: string) => void;
  end: () => void;
} {
  let rest = '';
  const emit = (line: string) => {
    const text = line.trimEnd();
    if (text !== '') onLine(text);
  };
  return {
    write(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) emit(line);
      while (rest.length > MAX_LINE_CHARS) {
        emit(rest.slice(0, MAX_LINE_CHARS));
        rest = rest.slice(MAX_LINE_CHARS);
      }
    },
    end() {
      emit(rest);
      rest = '';
    },
  };
}
