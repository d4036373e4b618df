import { describe, expect, test, vi } from 'vitest';
import { TENANT, VALID_CONFIG } from './testing/answers.ts';
import { folderWith, skclaw } from './testing/harness.ts';

const GET = ['tenant', 'get', 'acme'];

/** Where a run asks, without asking anybody. */
async function askedAt(options: {
  argv?: string[];
  env?: Record<string, string>;
  files?: Record<string, string | object>;
}) {
  const asked = vi.fn<typeof fetch>(() => Promise.resolve(Response.json(TENANT)));
  const cwd = await folderWith(options.files);
  const ran = await skclaw([...GET, ...(options.argv ?? [])], {
    env: options.env,
    cwd,
    fetch: asked,
  });
  return { ...ran, origin: asked.mock.calls[0] && new URL(String(asked.mock.calls[0][0])).origin };
}

const files = {
  '.skclaw.json': VALID_CONFIG,
  '.skclaw.staging.json': { ...VALID_CONFIG, defaultPlatform: 'staging.example.com' },
};

describe('where the system is', () => {
  test.each([
    ['local without a config file', {}, 'http://localhost:8787'],
    ['the config file’s platform', { files }, 'https://api.streamkinetics.com'],
    [
      'local when SKCLAW_ENV says so',
      { files, env: { SKCLAW_ENV: 'local' } },
      'http://localhost:8787',
    ],
    [
      'a file of the environment’s own',
      { files, argv: ['--env', 'staging'] },
      'https://api.staging.example.com',
    ],
    [
      '--env over SKCLAW_ENV',
      { files, argv: ['--env', 'local'], env: { SKCLAW_ENV: 'staging' } },
      'http://localhost:8787',
    ],
    [
      'a named file',
      { files, argv: ['--config', '.skclaw.staging.json'] },
      'https://api.staging.example.com',
    ],
    [
      'SKCLAW_CONFIG',
      { files, env: { SKCLAW_CONFIG: '.skclaw.staging.json' } },
      'https://api.staging.example.com',
    ],
    ['SKCLAW_URL', { env: { SKCLAW_URL: 'http://127.0.0.1:9999/x' } }, 'http://127.0.0.1:9999'],
  ])('%s', async (_, options, origin) => {
    expect(await askedAt(options)).toMatchObject({ code: 0, origin });
  });

  test.each([
    ['http anywhere but on loopback', { env: { SKCLAW_URL: 'http://example.com' } }],
    ['an address with a password', { env: { SKCLAW_URL: 'https://a:hunter2@example.com' } }],
    ['an environment without a config file', { argv: ['--env', 'production'] }],
    ['a named file that is missing', { argv: ['--config', 'nowhere.json'] }],
    ['production’s file for an environment without one', { files, argv: ['--env', 'qa'] }],
    ['a config file that is not JSON', { files: { '.skclaw.json': '{' } }],
    [
      'a config file with no platform',
      { files: { '.skclaw.json': { ...VALID_CONFIG, defaultPlatform: undefined } } },
    ],
  ])('refuses %s, exit 1', async (_, options) => {
    const ran = await askedAt(options);
    expect(ran).toMatchObject({ code: 1, stdout: '', origin: undefined });
    expect(ran.error().code).toBe('invalid_config');
    expect(ran.stderr).not.toContain('hunter2');
  });
});
