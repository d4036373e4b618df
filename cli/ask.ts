import { createInterface } from 'node:readline/promises';

/**
 * Asks the person at a terminal for a line. Who leaves it by Ctrl-C, Ctrl-D or by hanging up has
 * answered nothing: the answer is then empty.
 */
export async function askAtTerminal(
  question: string,
  { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
): Promise<string> {
  const terminal = createInterface({ input, output, terminal: true });
  const left = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    return await Promise.race([terminal.question(question), left]);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return '';
    throw error;
  } finally {
    terminal.close();
  }
}
