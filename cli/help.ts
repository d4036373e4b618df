import type { Command } from './command.ts';
import { GLOBAL_FLAGS } from './options.ts';
import { flagName, type Flag } from './argv.ts';

const INTRO =
  'skclaw operates StreamKinetics Moltworker: one OpenClaw agent per tenant on Cloudflare.';

const FOOTER = `Environment:
  SKCLAW_ENV, SKCLAW_CONFIG                       as --env and --config
  CF_ACCESS_CLIENT_ID, CF_ACCESS_CLIENT_SECRET    service token for Cloudflare Access
  NO_COLOR                                        no colours in tables

Exit codes: 0 done, 1 not valid, 2 not let in, 3 an external service failed.`;

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function section(title: string, body: string): string {
  return `${title}:\n${body}`;
}

function flagRows(flags: readonly Flag[]): [string, string][] {
  return flags.map((flag) => [
    flag.negatable ? `--[no-]${flagName(flag)}` : flag.flag,
    flag.summary,
  ]);
}

function signature(command: Command): string {
  return command.args ? `${command.name} ${command.args}` : command.name;
}

/** Help of one command: its examples first. */
export function commandHelp(command: Command): string {
  return `${[
    command.summary,
    section('Examples', command.examples.map((line) => `  skclaw ${line}`).join('\n')),
    section('Usage', `  skclaw ${signature(command)} [options]`),
    section('Options', columns(flagRows([...command.flags, ...GLOBAL_FLAGS]))),
  ].join('\n\n')}\n`;
}

/** Help of skclaw, or of one resource when `commands` are only its own. */
export function overviewHelp(commands: readonly Command[]): string {
  return `${[
    INTRO,
    section(
      'Examples',
      commands
        .flatMap(({ examples }) => examples.slice(0, 1))
        .map((line) => `  skclaw ${line}`)
        .join('\n'),
    ),
    section(
      'Commands',
      columns(commands.map((command) => [signature(command), command.summary] as const)),
    ),
    section(
      'Options',
      columns(flagRows([...GLOBAL_FLAGS, { flag: '--version', summary: 'Show the version (-v)' }])),
    ),
    FOOTER,
  ].join('\n\n')}\n`;
}
