import { join } from 'node:path';
import { createdInvite } from '../../contract/members.ts';
import { startSystem, type System, type SystemOptions } from '../../local/runner/system.ts';
import { prepareDouble } from '../doubles/openclaw/index.ts';
import { freePort } from '../support/free-port.ts';
import { MemberClient } from '../support/member.ts';
import { bookHistory } from './books.ts';
import { startScriptedModel } from './model.ts';
import { bookNeighbours } from './neighbours.ts';
import { KEYS, PEOPLE, QUESTIONS, SCHEDULES, TITLES } from './script.ts';

/** A boot of the real OpenClaw on a busy machine; longer is a hang, ms. */
const TURN_TIMEOUT_S = 300;

/** The system that is photographed: a small firm's agent, some weeks into its life. */
export interface Scene {
  system: System;
  /** Where the tenant is, such as `http://duarte.localhost:9000`. */
  origin: string;
  owner: MemberClient;
  user: MemberClient;
  /** The session with a conversation worth reading. */
  sessionId: string;
  scheduleId: string;
  /** Path of an invite that is open, and of one that was used. */
  join: { open: string; used: string };
  close(): Promise<void>;
}

export async function makeScene(dir: string, isReal: boolean): Promise<Scene> {
  const model = await startScriptedModel();
  process.env['LOCAL_MODEL_URL'] = model.url;
  const options: SystemOptions = {
    stateDir: join(dir, 'state'),
    port: await freePort(),
    tokensPerSecond: 0,
    containerCommand: isReal ? undefined : await prepareDouble(join(dir, 'double')),
    say: (line) => console.log(line),
  };
  const before = await startSystem(options);
  const tenant = await before.admin
    .createTenant({ platform: 'streamkinetics.com', tier: 'premium', slug: 'duarte' })
    .finally(() => before.stop({ sleepFirst: false }));
  bookHistory(options.stateDir, tenant.id, Date.now());
  bookNeighbours(options.stateDir, Date.now());
  const system = await startSystem(options);
  const close = async (): Promise<void> => {
    await system.stop({ sleepFirst: false });
    model.close();
  };
  try {
    return { system, close, ...(await settle(system, tenant.id)) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** People, their conversations, keys and schedules, all by the API that people use. */
async function settle(system: System, tenantId: string): Promise<Omit<Scene, 'system' | 'close'>> {
  const invite = async (role: string) => {
    const path = `/tenants/${tenantId}/invites`;
    return createdInvite.parse(await system.admin.call('POST', path, { role })).url;
  };
  const members: MemberClient[] = [];
  const urls: string[] = [];
  for (const { name, role } of PEOPLE) {
    const url = await invite(role);
    urls.push(url);
    members.push(await MemberClient.join(url, name));
  }
  const [owner, user] = members;
  if (!owner || !user) throw new Error('the script has too few people');
  for (const title of TITLES) await owner.createSession(title);
  const script = await owner.createSession('A script that renames photos');
  await converse(owner, script.id, QUESTIONS.rename);
  const main = await owner.createSession('Open invoices of October');
  await converse(owner, main.id, QUESTIONS.invoices);
  for (const key of KEYS) await owner.call('POST', '/api/keys', key);
  let scheduleId = '';
  for (const schedule of SCHEDULES) {
    const { id } = (await owner.call('POST', '/api/schedules', schedule)) as { id: string };
    scheduleId ||= id;
  }
  await owner.call('POST', `/api/schedules/${scheduleId}/run`);
  await owner.call('POST', '/api/invites', { role: 'user' });
  return {
    origin: owner.origin,
    owner,
    user,
    sessionId: main.id,
    scheduleId,
    join: {
      open: new URL(await invite('user')).pathname,
      used: new URL(urls[0] ?? '').pathname,
    },
  };
}

async function converse(member: MemberClient, sessionId: string, text: string): Promise<void> {
  const turn = { id: `shot-${sessionId}`, text, waitS: TURN_TIMEOUT_S };
  await member.call('POST', `/api/sessions/${sessionId}/turns`, turn);
}
