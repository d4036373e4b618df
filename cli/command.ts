import type { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import type { Flag } from './argv.ts';
import type { Client } from './client.ts';
import type { Io } from './io.ts';
import type { Table } from './output.ts';
import type { Progress } from './progress.ts';
import type { Environment } from './target.ts';

export interface CommandContext {
  io: Io;
  environment: Environment;
  /** Says on stderr what a long command is doing. */
  progress: Progress;
  /** The operators' API of the environment; throws when where it is isn't known. */
  client(): Promise<Client>;
}

export interface CommandResult {
  /** The one JSON document on stdout. */
  data: unknown;
  /** The same for people. */
  table(): Table;
  /** Set when the data was found but says that something is wrong: printed after it. */
  failure?: AppError;
}

/** What a command prints as it comes: one JSON document a line, or a line of text for people. */
export interface CommandStream<Entry extends object = object> {
  entries: AsyncIterable<Entry>;
  line(entry: Entry): string;
}

export interface Command {
  /** Resource and action: `tenant create`; or one word: `deploy`. */
  name: string;
  /** Positional arguments in cac's notation: `[id]`. */
  args?: string;
  summary: string;
  flags: Flag[];
  examples: string[];
  /** Checks the options, by their camelCase names, and runs the command. */
  execute(
    options: Record<string, unknown>,
    context: CommandContext,
  ): Promise<CommandResult | CommandStream>;
}

/** The commands about one thing. */
export interface Resource {
  /** The first word of its commands. */
  name: string;
  /** What it is, for the overview. */
  summary: string;
  commands: readonly Command[];
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The failure of an option by its name on the command line; the value itself is never quoted. */
function usageError(error: z.ZodError, positionals: readonly string[]): AppError {
  const details = error.issues.map((issue) => {
    const field = String(issue.path[0] ?? '');
    if (!field) return issue.message;
    const name = positionals.includes(field) ? `<${field}>` : `--${kebab(field)}`;
    // Our sentences go on after the name; zod's stand by themselves.
    return /^[A-Z]/.test(issue.message) ? `${name}: ${issue.message}` : `${name} ${issue.message}`;
  });
  return new AppError('invalid_usage', details[0] ?? 'The options are not valid.', { details });
}

/** A command whose options are parsed by `input` before `run` sees them. */
export function defineCommand<Schema extends z.ZodType>(
  spec: Omit<Command, 'execute'> & {
    input: Schema;
    run(input: z.output<Schema>, context: CommandContext): Promise<CommandResult | CommandStream>;
  },
): Command {
  const { input, run, ...rest } = spec;
  const positionals = (spec.args ?? '').split(' ').map((arg) => arg.replaceAll(/[[\]<>.]/g, ''));
  return {
    ...rest,
    async execute(options, context) {
      const parsed = input.safeParse(options, {
        error: (issue) =>
          issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined,
      });
      if (!parsed.success) throw usageError(parsed.error, positionals);
      return run(parsed.data, context);
    },
  };
}
