import { cac } from 'cac';
import packageJson from '../package.json' with { type: 'json' };
import { AppError } from '../contract/errors.ts';
import { checkFlags, flagName, guardArgv, scanArgv, unguard, type ScannedArgv } from './argv.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { COMMANDS, RESOURCES } from './commands/index.ts';
import { didYouMean } from './did-you-mean.ts';
import { printError, type ExitCode } from './errors.ts';
import { commandHelp, overviewHelp, resourceHelp } from './help.ts';
import { GLOBAL_FLAGS, globalInput } from './options.ts';
import { printEntries, printResult, type Format } from './output.ts';
import { createProgress } from './progress.ts';
import { resolveEnvironment, resolveTarget } from './target.ts';
import type { Io } from './io.ts';

const VALUE_FLAGS: ReadonlySet<string> = new Set(
  [...GLOBAL_FLAGS, ...COMMANDS.flatMap(({ flags }) => flags)]
    .filter(({ flag }) => flag.includes('<'))
    .map(flagName),
);

function ofResource(word: string | undefined): Command[] {
  return COMMANDS.filter(({ name }) => name.split(' ')[0] === word);
}

/** The command that the first words name: a resource and its action, or one word. */
function findCommand({ words }: ScannedArgv): Command | undefined {
  const [first, second] = words.map(({ text }) => text);
  return (
    COMMANDS.find(({ name }) => name === `${first} ${second}`) ??
    COMMANDS.find(({ name }) => name === first)
  );
}

/** Why the words name no command, with the nearest one that they could mean. */
function unknownCommand({ words }: ScannedArgv): AppError {
  const typed = words.slice(0, 2).map(({ text }) => text);
  const siblings = ofResource(typed[0]);
  if (siblings.length > 0 && typed.length === 1) {
    return new AppError('invalid_usage', `skclaw ${typed[0]} wants an action.`, {
      hint: `One of: ${siblings.map(({ name }) => name).join(', ')}.`,
    });
  }
  const hint =
    didYouMean(
      typed.join(' '),
      COMMANDS.map(({ name }) => name),
    ) ?? 'See skclaw --help.';
  return new AppError('invalid_usage', `There is no command ${typed.join(' ')}.`, { hint });
}

/** Lets cac parse the arguments of `command`; every value stays a string. */
function parseOptions(argv: readonly string[], scanned: ScannedArgv, command: Command) {
  const cli = cac('skclaw');
  let options: Record<string, unknown> = {};
  const registered = cli.command(`${command.name} ${command.args ?? ''}`.trim(), command.summary);
  for (const { flag, summary } of [...command.flags, ...GLOBAL_FLAGS]) {
    registered.option(flag, summary);
  }
  const positionals = registered.args.map(({ value }) => value);
  registered.action((...actual: unknown[]) => {
    const given = (actual.at(-1) ?? {}) as Record<string, unknown>;
    const named = positionals.map((name, index) => [name, actual[index]] as const);
    options = Object.fromEntries(
      [...Object.entries(given), ...named].map(([name, value]) => [name, unguard(value)]),
    );
  });
  // The words of a command are one name to cac, which knows no spaced commands.
  const nameLength = command.name.split(' ').length;
  const nameIndexes = new Set(scanned.words.slice(0, nameLength).map(({ index }) => index));
  const rest = argv.filter((_, index) => !nameIndexes.has(index));
  try {
    cli.parse(['', '', command.name, ...guardArgv(rest)], { run: false });
    cli.runMatchedCommand();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'CACError') throw error;
    throw new AppError('invalid_usage', `${String(unguard(error.message)).replaceAll('`', '')}.`);
  }
  return options;
}

async function runCommand(command: Command, options: Record<string, unknown>, io: Io) {
  const parsed = globalInput.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AppError('invalid_usage', `--${String(issue?.path[0])} ${issue?.message}.`);
  }
  const environment = await resolveEnvironment(
    { env: parsed.data.env, config: parsed.data.config },
    io,
  );
  return command.execute(options, {
    io,
    environment,
    progress: createProgress(io),
    client: async () => createClient(await resolveTarget(environment, io), io),
  });
}

/**
 * Runs skclaw with the arguments `given` (without the interpreter and the script) and gives the exit code. Writes
 * one document to stdout (`watch` and `logs`: one a line), or an error to stderr; it never throws,
 * and asks only where a person sits at a terminal.
 */
export async function run(given: readonly string[], io: Io): Promise<ExitCode> {
  // `skclaw help tenant` is what people of other tools type.
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
  const scanned = scanArgv(argv, VALUE_FLAGS);
  const has = (...typed: string[]): boolean =>
    scanned.flags.some((flag) => typed.includes(flag.typed));
  const wanted = scanned.flags.find(({ typed }) => typed === '--format')?.value;
  const format: Format = wanted === 'table' ? 'table' : 'json';
  try {
    const command = findCommand(scanned);
    const siblings = ofResource(scanned.words[0]?.text);
    if (has('--version', '-v') && scanned.words.length === 0) {
      io.stdout.write(`${packageJson.version}\n`);
      return 0;
    }
    if (has('--help', '-h') && (command || siblings.length > 0)) {
      io.stdout.write(command ? commandHelp(command) : resourceHelp(siblings));
      return 0;
    }
    if (scanned.words.length === 0 && (has('--help', '-h') || argv.length === 0)) {
      io.stdout.write(overviewHelp(RESOURCES));
      return 0;
    }
    if (!command) {
      if (scanned.words.length === 0) checkFlags(scanned.flags, GLOBAL_FLAGS);
      throw unknownCommand(scanned);
    }
    checkFlags(scanned.flags, [...command.flags, ...GLOBAL_FLAGS]);
    const result = await runCommand(command, parseOptions(argv, scanned, command), io);
    if ('entries' in result) {
      await printEntries(io, format, result);
      return 0;
    }
    printResult(io, format, result);
    return result.failure ? printError(io, format, result.failure) : 0;
  } catch (error) {
    return printError(io, format, error);
  }
}
