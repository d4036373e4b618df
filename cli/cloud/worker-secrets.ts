import { AppError } from '../../contract/errors.ts';
import type { WorkerSecret } from '../../contract/worker-secrets.ts';
import type { SecretValues } from '../secret-sync.ts';
import type { Cloud } from './client.ts';

const WRITE = 'Workers Scripts Edit';
const DRAFT = 'draft.mjs';
/** Cloudflare's code, as an error quotes it, when the newest version of a Worker does not serve. */
const NOT_DEPLOYED = '(10215)';

export interface WorkerName {
  accountId: string;
  workerName: string;
}

/** Makes a Worker that answers nothing, so that there is one to give secrets before the first deploy. */
export async function createDraft(cloud: Cloud, worker: WorkerName): Promise<void> {
  const { accountId, workerName } = worker;
  const form = new FormData();
  const metadata = { main_module: DRAFT };
  form.set('metadata', new Blob([JSON.stringify(metadata)], { type: 'application/json' }));
  const code = 'export default { fetch: () => new Response(null, { status: 503 }) };';
  form.set(DRAFT, new File([code], DRAFT, { type: 'application/javascript+module' }));
  const path = `/accounts/${encodeURIComponent(accountId)}/workers/scripts/${encodeURIComponent(workerName)}`;
  await cloud.ask(WRITE, (api) => api.put(path, { body: form }));
}

/**
 * Sets secrets of a Worker in one request: all of them or none. The SDK and not `wrangler secret
 * bulk`, since so no value goes through another process, its log or its files. Failures have no
 * value in them, whatever Cloudflare says.
 */
export async function setSecrets(
  cloud: Cloud,
  worker: WorkerName,
  values: SecretValues,
): Promise<void> {
  const { accountId: account_id, workerName } = worker;
  const secrets = Object.fromEntries(
    [...values].map(([name, text]: [WorkerSecret, string]) => [
      name,
      { name, text, type: 'secret_text' as const },
    ]),
  );
  try {
    await cloud.ask(WRITE, (api) =>
      api.workers.scripts.secrets.bulkUpdate(workerName, { account_id, secrets }),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = [...values.values()].reduce(
      (text, value) => text.replaceAll(value, '[redacted]'),
      error.message,
    );
    const hint = message.includes(NOT_DEPLOYED)
      ? `A version was uploaded that does not serve: a deploy failed or is under way. Release one, or set the secret in a new version: npx wrangler versions secret put <name> --name ${workerName}`
      : error.hint;
    throw new AppError(error.code, message, { hint });
  }
}
