import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import type { Cloud } from '../cloud/client.ts';

const tokenAnswer = z.looseObject({ status: z.string(), expires_on: z.string().optional() });
export type TokenAnswer = z.output<typeof tokenAnswer>;

/**
 * What Cloudflare says of the token itself. A user's token and an account's are asked about in
 * different places, and each place refuses the other kind.
 */
export async function readToken(cloud: Cloud, accountId: string): Promise<TokenAnswer> {
  const ask = async (question: Parameters<Cloud['ask']>[1]): Promise<TokenAnswer> =>
    tokenAnswer.parse(await cloud.ask('an active token', question));
  try {
    return await ask((api) => api.user.tokens.verify());
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'cloud_refused') throw error;
    return ask((api) => api.accounts.tokens.verify({ account_id: accountId }));
  }
}

/** What the account has of a Worker. */
export interface WorkerFacts {
  /** The tag of the last Durable Object migration that was applied; null before the first. */
  migrationTag: string | null;
  /** Names of its secrets. */
  secrets: ReadonlySet<string>;
}

/** The Worker of an account by its name; null when it was never deployed. */
export async function readWorker(
  cloud: Cloud,
  worker: { accountId: string; name: string },
): Promise<WorkerFacts | null> {
  const { accountId: account_id, name } = worker;
  const permission = 'Workers Scripts Read';
  const script = await cloud.ask(permission, async (api) => {
    for await (const each of api.workers.scripts.list({ account_id })) {
      if (each.id === name) return each;
    }
    return null;
  });
  if (!script) return null;
  const secrets = await cloud.ask(permission, async (api) => {
    const names = new Set<string>();
    for await (const secret of api.workers.scripts.secrets.list(name, { account_id })) {
      names.add(secret.name);
    }
    return names;
  });
  return { migrationTag: script.migration_tag || null, secrets };
}
