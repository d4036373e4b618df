import type { Command, Resource } from './command.ts';
import { GLOBAL_FLAGS } from './options.ts';
import { flagName, type Flag } from './argv.ts';

const INTRO =
  'skclaw operates StreamKinetics Moltworker: one OpenClaw agent per tenant on Cloudflare.';

const FOOTER = `Environment:
  SKCLAW_ENV, SKCLAW_CONFIG                       as --env and --config
  CF_ACCESS_CLIENT_ID, CF_ACCESS_CLIENT_SECRET    service token for Cloudflare Access
  CLOUDFLARE_API_TOKEN                            for what is asked of and done at Cloudflare
  NO_COLOR                                        no colours in tables

Exit codes: 0 done, 1 not valid, 2 not let in, 3 an external service failed.

skclaw <command> --help shows a command’s own options and examples.`;

/** The commands whose examples lead: what an operator does first. */
const LEADING = [
  'env validate',
  'secrets sync',
  'deploy',
  'tenant create',
  'routing test',
  'agent inspect',
];

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

/** The first example of each command, a line each. */
function exampleLines(commands: readonly Command[]): string {
  return commands
    .flatMap(({ examples }) => examples.slice(0, 1))
    .map((line) => `  skclaw ${line}`)
    .join('\n');
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

/** Help of one resource: its commands. */
export function resourceHelp(commands: readonly Command[]): string {
  return `${[
    section('Examples', exampleLines(commands)),
    section(
      'Commands',
      columns(commands.map((command) => [signature(command), command.summary] as const)),
    ),
    section('Options', columns(flagRows(GLOBAL_FLAGS))),
  ].join('\n\n')}\n`;
}

/** What can be done to a resource, after what it is. */
function resourceRow({ name, summary, commands }: Resource): [string, string] {
  const actions = commands.map((command) => command.name.split(' ')[1]).filter(Boolean);
  return [name, actions.length === 0 ? summary : `${summary}: ${actions.join(', ')}`];
}

/** Help of skclaw: every resource with what can be done to it. */
export function overviewHelp(resources: readonly Resource[]): string {
  const commands = resources.flatMap((resource) => resource.commands);
  const leading = LEADING.flatMap(
    (name) => commands.find((command) => command.name === name) ?? [],
  );
  return `${[
    INTRO,
    section('Examples', exampleLines(leading)),
    section('Commands', columns(resources.map(resourceRow))),
    section(
      'Options',
      columns(flagRows([...GLOBAL_FLAGS, { flag: '--version', summary: 'Show the version (-v)' }])),
    ),
    FOOTER,
  ].join('\n\n')}\n`;
}
