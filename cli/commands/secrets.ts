import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError, asAppError } from '../../contract/errors.ts';
import { secretFingerprints, type WorkerSecret } from '../../contract/worker-secrets.ts';
import { readWorker } from '../checks/cloud-facts.ts';
import { openCloud } from '../cloud/client.ts';
import { createDraft, setSecrets } from '../cloud/worker-secrets.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { readOptional } from '../config.ts';
import { parseDotenv } from '../dotenv.ts';
import { AnsweredError } from '../errors.ts';
import type { Io } from '../io.ts';
import { recordTable } from '../output.ts';
import { requireConfig } from '../require-config.ts';
import { compareSecrets, pickSecrets, planSync, type SecretValues } from '../secret-sync.ts';

/** 256 random bits in base64url: a nonce, or a key as long as the digest of HMAC-SHA-256. */
function randomKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** The secrets of the file that is named, else of this shell; `ignored` are the file's other names. */
async function readValues(
  io: Io,
  from: string | undefined,
): Promise<{ values: SecretValues; ignored: string[] }> {
  if (from === undefined) return { values: pickSecrets((name) => io.env[name]), ignored: [] };
  const source = await readOptional(resolve(io.cwd, from));
  if (source === null) throw new AppError('invalid_config', `There is no file ${from}.`);
  const variables = parseDotenv(from, source);
  const values = pickSecrets((name) => variables.get(name));
  const known: ReadonlySet<string> = new Set(values.keys());
  return { values, ignored: [...variables.keys()].filter((name) => !known.has(name)) };
}

/** Which values the running system has too, and a note where it can't be asked. */
async function askSystem(
  context: CommandContext,
  values: SecretValues,
): Promise<{ same: ReadonlySet<WorkerSecret>; note: string | null }> {
  const nonce = randomKey();
  try {
    const client = await context.client();
    const { fingerprints } = await client.request({
      path: '/admin/api/secrets/fingerprints',
      query: { nonce },
      answer: secretFingerprints,
    });
    return { same: await compareSecrets(values, { nonce, fingerprints }), note: null };
  } catch (error) {
    const known = error instanceof AnsweredError ? error : asAppError(error);
    if (!known) throw error;
    const note = `What is deployed can't be compared, so it is set again: ${known.message}`;
    return { same: new Set(), note };
  }
}

const sync = defineCommand({
  name: 'secrets sync',
  summary: 'Set the Worker’s secrets from this shell’s variables or a file',
  flags: [
    { flag: '--from <file>', summary: 'A file of NAME=value lines, in place of the variables' },
    { flag: '--generate', summary: 'Make SESSION_SIGNING_KEYS where there are none yet' },
    { flag: '--dry-run', summary: 'Only say what would be set' },
  ],
  examples: [
    'secrets sync --env production',
    'secrets sync --env production --from .env.production --dry-run',
    'secrets sync --env staging --generate',
  ],
  input: z.object({
    from: z.string().min(1, 'must name a file').optional(),
    generate: z.boolean().default(false),
    dryRun: z.boolean().default(false),
  }),
  async run({ from, generate, dryRun }, context) {
    const { environment, io, progress } = context;
    const config = await requireConfig(environment, 'Secrets are those of a deployed Worker');
    const { values: given, ignored } = await readValues(io, from);
    const cloud = await openCloud(io);
    const { accountId, workerName } = config;
    const worker = await readWorker(cloud, { accountId, name: workerName });
    const deployed = worker?.secrets ?? new Set<string>();

    const values = new Map(given);
    const generated: WorkerSecret[] = [];
    // Never in place of keys that are in force: that would sign everybody out.
    if (generate && !values.has('SESSION_SIGNING_KEYS') && !deployed.has('SESSION_SIGNING_KEYS')) {
      values.set('SESSION_SIGNING_KEYS', randomKey());
      generated.push('SESSION_SIGNING_KEYS');
    }
    const isComparable = [...values.keys()].some((name) => deployed.has(name));
    const { same, note } = isComparable
      ? await askSystem(context, values)
      : { same: new Set<WorkerSecret>(), note: null };
    const plan = planSync({ values, deployed, same });

    const toSet = new Map(
      [...plan.added, ...plan.changed].map((name) => [name, values.get(name) ?? '']),
    );
    if (!dryRun && toSet.size > 0) {
      if (!worker) {
        await progress.step(`Make the Worker ${workerName}`, () => createDraft(cloud, config));
      }
      const names = [...toSet.keys()].join(', ');
      await progress.step(`Set ${names} of ${workerName}`, () => setSecrets(cloud, config, toSet));
    }
    const data = { worker: workerName, dryRun, ...plan, generated, ignored, note };
    const lacking = plan.missing.join(', ');
    return {
      data,
      table: () => recordTable(data),
      failure:
        plan.missing.length === 0
          ? undefined
          : new AppError('invalid_config', `${workerName} does not serve without ${lacking}.`, {
              hint: `Set ${lacking} in this shell or in the file of --from, and sync again.`,
            }),
    };
  },
});

export const secretCommands: Command[] = [sync];
