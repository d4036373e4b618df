import { describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { COMMANDS, RESOURCES } from './commands/index.ts';
import { TENANT } from './testing/answers.ts';
import { skclaw, startSystem } from './testing/harness.ts';

/** The words of an example, as a shell takes them apart. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]]])(
    '%j shows examples before everything else',
    async (argv) => {
      const ran = await skclaw(argv);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.stdout.indexOf('Examples:')).toBeLessThan(ran.stdout.indexOf('Commands:'));
      for (const { name, commands } of RESOURCES) {
        const row = ran.stdout.split('\n').find((line) => line.startsWith(`  ${name} `));
        for (const command of commands) {
          expect(row).toContain(command.name.split(' ').at(-1));
        }
      }
    },
  );

  test('names every resource once, and each command by its resource', () => {
    const names = RESOURCES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, commands } of RESOURCES) {
      expect(commands.map((command) => command.name.split(' ')[0])).toEqual(
        commands.map(() => name),
      );
    }
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
  });

  test('of a resource lists only its commands', async () => {
    const ran = await skclaw(['tenant', '--help']);
    expect(await skclaw(['help', 'tenant'])).toMatchObject({ stdout: ran.stdout });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('tenant create');
    expect(ran.stdout).not.toContain('routing test');
  });

  test('of a command needs no options and asks nothing', async () => {
    const ran = await skclaw(['tenant', 'create', '--help']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(
      'skclaw tenant create --platform streamkinetics.com --tier premium',
    );
    expect(ran.stdout).toContain('--[no-]internet');
  });

  test.each(COMMANDS.flatMap(({ name, examples }) => examples.map((line) => [name, line])))(
    '%s: its example "%s" is one that skclaw takes',
    async (_, line) => {
      // Only the missing system stops it, or a check that needs one.
      const ran = await skclaw(wordsOf(line), {
        env: { SKCLAW_ENV: 'local' },
        fetch: () => Promise.reject(new TypeError('fetch failed')),
      });
      expect(ran.stderr).not.toContain('invalid_usage');
    },
  );
});

test('--version prints the version alone', async () => {
  for (const flag of ['--version', '-v']) {
    expect(await skclaw([flag])).toMatchObject({ code: 0, stdout: `${packageJson.version}\n` });
  }
});

describe('a usage error exits 1 with nothing on stdout', () => {
  test.each([
    [['tenat', 'create'], 'There is no command tenat create.', 'Did you mean tenant create?'],
    [['tenant', 'crate'], 'There is no command tenant crate.', 'Did you mean tenant create?'],
    [['tenant'], 'skclaw tenant wants an action.', 'One of: tenant create'],
    [['frobnicate', '--help'], 'There is no command frobnicate.', 'See skclaw --help.'],
    [['tenant', 'list', '--qery', 'x'], 'There is no option --qery.', 'Did you mean --query?'],
    [['tenant', 'list', '--formt=table'], 'There is no option --formt.', 'Did you mean --format?'],
    [['tenant', 'get', '--tenantId', 'x'], 'There is no option --tenantId.', '--tenant-id'],
    [['tenant', 'list', '--no-query'], 'There is no option --no-query.', '--query'],
    [['tenant', 'list', '--constructor', 'x'], 'There is no option --constructor.', undefined],
    [['tenant', 'list', '--', 'x'], 'There is no option --.', undefined],
    [['tenant', 'list', '-q', 'x'], 'There is no option -q.', undefined],
    [['--bogus'], 'There is no option --bogus.', undefined],
    [
      ['tenant', 'list', '--query', 'a', '--query', 'b'],
      '--query is given more than once.',
      undefined,
    ],
    [
      ['tenant', 'list', '--query', 'a', '--query', 'a'],
      '--query is given more than once.',
      undefined,
    ],
    [
      ['tenant', 'update', '--tenant-id', 'x', '--internet', '--no-internet'],
      '--internet is given more than once.',
      undefined,
    ],
    [
      ['tenant', 'update', '--tenant-id', 'x', '--internet=false'],
      '--internet takes no value.',
      undefined,
    ],
    [['tenant', 'list', '--query'], 'option --query <text> value is missing.', undefined],
    [['tenant', 'list', '--format', 'yaml'], '--format must be json or table.', undefined],
    [['tenant', 'list', '--env', '../x'], 'An environment is named like local', undefined],
  ])('%j', async (argv, message, hint) => {
    const ran = await skclaw(argv, { env: { SKCLAW_ENV: 'local' } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().code).toBe('invalid_usage');
    expect(ran.error().message).toContain(message);
    if (hint !== undefined) expect(ran.error().hint).toContain(hint);
  });

  test('in table format it is a line for people', async () => {
    const ran = await skclaw(['tenant', 'list', '--format', 'table', '--limit', '0']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^error: --limit .*\ncode: invalid_usage\n$/);
  });

  test('names every option that is wrong', async () => {
    const ran = await skclaw(['tenant', 'create']);
    expect(ran.error().details).toEqual(['--platform is required', '--tier is required']);
  });

  test('an unknown option’s value is not repeated, since it may be a secret', async () => {
    const ran = await skclaw(['tenant', 'list', '--token=hunter2-hunter2']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).not.toContain('hunter2');
  });
});

test('global options may stand before the command', async () => {
  const system = await startSystem({ body: TENANT });
  const argv = ['--format', 'table', '--env', 'local', 'tenant', 'get', 'acme'];
  const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/^slug +acme$/m);
});

describe('a table', () => {
  const argv = ['tenant', 'get', 'acme', '--format', 'table'];

  test('is bold only on a terminal without NO_COLOR', async () => {
    const { url } = await startSystem({ body: TENANT });
    const onTerminal = await skclaw(argv, { env: { SKCLAW_URL: url }, isTTY: true });
    expect(onTerminal.stdout).toContain('\u001b[1mFIELD');
    const plain = await skclaw(argv, { env: { SKCLAW_URL: url, NO_COLOR: '1' }, isTTY: true });
    expect(plain.stdout).not.toContain('\u001b');
    expect((await skclaw(argv, { env: { SKCLAW_URL: url } })).stdout).not.toContain('\u001b');
  });

  test('lets nothing through that moves the cursor', async () => {
    const { url } = await startSystem({ body: { ...TENANT, state: 'a\u001b[2Jb\nc' } });
    const { stdout } = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(stdout).toContain('a [2Jb c');
  });
});
