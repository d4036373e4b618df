import { onTestFinished } from 'vitest';
import type { Check } from '../../cli/checks/check.ts';
import { CHARTER_CONFIG, HEALTHY_SYSTEM } from '../../cli/testing/answers.ts';
import {
  folderWith,
  skclaw,
  startSystem,
  type Ran,
  type Scripted,
} from '../../cli/testing/harness.ts';
import { startCloudflare, type CloudflareServer } from '../cloudflare/server.ts';
import { idOf, uuidOf } from '../cloudflare/state.ts';
import { readFile } from 'node:fs/promises';

/** The charter's example with the ids of the scripted account filled in, and no retired model. */
export const FILLED_CONFIG = {
  ...CHARTER_CONFIG,
  accountId: idOf('account'),
  zoneId: idOf('zone'),
  aiGatewayAccountId: idOf('account'),
  kvNamespaceId: idOf('kv'),
  d1DatabaseId: uuidOf(0xd1, 1),
  modelTierMap: { ...CHARTER_CONFIG.modelTierMap, free: '@cf/zai-org/glm-4.7-flash' },
};

/** The same with the Access application of the account. */
export const ACCESS_CONFIG = {
  ...FILLED_CONFIG,
  accessTeamDomain: 'team.cloudflareaccess.com',
  accessAud: idOf('access-aud').repeat(2),
};

/** A policy of Access that lets one domain's people in. */
export const STAFF_ONLY = {
  name: 'staff',
  decision: 'allow',
  include: [{ email_domain: { domain: 'example.com' } }],
};

/** The scripted account, which must have been asked nothing that Cloudflare does not publish. */
export async function startAccount(): Promise<CloudflareServer> {
  const account = await startCloudflare();
  onTestFinished(() => account.close());
  for (const app of account.state.accessApps) app['policies'] = [STAFF_ONLY];
  return account;
}

/** Runs skclaw for production in a folder with the project's wrangler.jsonc and a config file. */
export async function operate(
  argv: readonly string[],
  options: {
    account: CloudflareServer;
    config?: object;
    system?: Scripted[];
    env?: Record<string, string | undefined>;
    files?: Record<string, string | object>;
    ask?: (question: string) => Promise<string>;
  },
): Promise<Ran & { checks: () => Check[]; check: (name: string) => Check | undefined }> {
  const { account, config = ACCESS_CONFIG, system = HEALTHY_SYSTEM, env, files, ask } = options;
  const { url } = await startSystem(...system);
  const ran = await skclaw(argv, {
    cwd: await folderWith({
      '.skclaw.json': config,
      'wrangler.jsonc': await readFile(new URL('../../wrangler.jsonc', import.meta.url), 'utf8'),
      ...files,
    }),
    env: {
      SKCLAW_URL: url,
      CLOUDFLARE_API_TOKEN: account.state.token.value,
      CLOUDFLARE_API_BASE_URL: account.url,
      ...env,
    },
    ...(ask ? { ask } : {}),
  });
  const checks = (): Check[] => ran.data()['checks'] as Check[];
  return { ...ran, checks, check: (name) => checks().find((check) => check.name === name) };
}
