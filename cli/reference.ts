import packageJson from '../package.json' with { type: 'json' };
import type { Command, Resource } from './command.ts';
import { commandHelp } from './help.ts';

function commandSection(command: Command): string {
  // The heading says the name and the help repeats it in its usage: what is left is the text.
  return `### ${command.name}\n\n\`\`\`text\n${commandHelp(command).trimEnd()}\n\`\`\``;
}

function resourceSection({ name, summary, commands }: Resource): string {
  return [`## ${name}`, `${summary}.`, ...commands.map(commandSection)].join('\n\n');
}

/**
 * The command reference as Markdown, made of what `--help` says, so that it can't differ from it.
 * docs/skclaw.md is this text: `npx node cli/write-reference.ts` writes it.
 */
export function commandReference(resources: readonly Resource[]): string {
  const contents = resources.map(
    ({ name, commands }) =>
      `- [${name}](#${name}): ${commands
        .map((command) => `[${command.name}](#${command.name.replaceAll(' ', '-')})`)
        .join(', ')}`,
  );
  return `${[
    '# skclaw',
    `Every command of skclaw ${packageJson.version}, in the words of its own help. This page is generated:`,
    '`npx node cli/write-reference.ts` writes it anew.',
    contents.join('\n'),
    ...resources.map(resourceSection),
  ].join('\n\n')}\n`;
}
