import { lchown, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BootFailure } from './boot-failure.ts';

/** The user the image creates for OpenClaw. */
const OPENCLAW_USER = 'openclaw';

/** Whom OpenClaw runs as; null means as the supervisor itself. */
export type Identity = { uid: number; gid: number } | null;

/**
 * Decides whom OpenClaw runs as. Pure.
 * @throws BootFailure `user_missing` when we are root in a container without that user: OpenClaw
 * runs a tenant's commands, and never as root.
 */
export function chooseIdentity(facts: {
  uid: number;
  passwd: string;
  underEngine: boolean;
}): Identity {
  if (facts.uid !== 0) return null;
  const line = facts.passwd.split('\n').find((entry) => entry.startsWith(`${OPENCLAW_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid && gid && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  if (facts.underEngine) return null;
  const message = `The image has no user "${OPENCLAW_USER}" and OpenClaw must not run as root.`;
  throw new BootFailure({ code: 'user_missing', message });
}

/** Reads the machine's facts and decides. */
export async function findIdentity(underEngine: boolean): Promise<Identity> {
  const uid = process.getuid?.() ?? -1;
  const passwd = uid === 0 ? await readFile('/etc/passwd', 'utf8').catch(() => '') : '';
  return chooseIdentity({ uid, passwd, underEngine });
}

/** Gives a folder and all in it to OpenClaw's user, without following links. */
export async function giveTo(identity: Identity, folder: string): Promise<void> {
  if (identity === null) return;
  await lchown(folder, identity.uid, identity.gid);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await lchown(join(entry.parentPath, entry.name), identity.uid, identity.gid);
}
