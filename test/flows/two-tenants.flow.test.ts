import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { CreatedTenant } from '../../contract/api.ts';
import type { LimitChanges } from '../../contract/limits.ts';
import type { SnapshotView } from '../../contract/snapshots.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { untilAgent } from '../support/agents.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { containerOf, type SeenContainer } from '../support/engine-view.ts';
import { MemberClient } from '../support/member.ts';
import { addFault, clearFaults, recordedCalls } from '../support/model-record.ts';
import { plant } from '../support/planted.ts';
import { findSecrets } from '../support/secrets.ts';
import { sqliteRows } from '../support/sqlite-rows.ts';
import { snapshotText, storedSnapshots } from '../support/stored-snapshots.ts';
import { describeAgentOfSkclaw } from './cli-agents.ts';
import { describeAgentOfApp } from './openclaw-apps.ts';

/** Failed calls of one turn after which OpenClaw's repeats are refused; see durable/ledger.ts. */
const MAX_FAILED_CALLS_PER_TURN = 2;

interface Party {
  word: string;
  tenant: CreatedTenant;
  member: MemberClient;
  socket: ChatSocket;
  sessionId: string;
  answer: string;
  container: SeenContainer;
}

function folderText(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

// Who watches that nothing crosses needs two agents that are awake at once, however they came to be:
// each boot of the real OpenClaw costs half a minute of processor time, so these are two that are
// woken for their own sake.
describeAgentOfSkclaw((tenantA) => describeAgentOfApp((tenantB) => describeTwo(tenantA, tenantB)));

/** What is said to one of two awake agents stays with it. */
function describeTwo(tenantA: () => CreatedTenant, tenantB: () => CreatedTenant): void {
  describe('two tenants at once', () => {
    const system = inject('system');
    let a: Party;
    let b: Party;

    async function party(tenant: CreatedTenant, word: string): Promise<Party> {
      const member = await MemberClient.join(tenant.invite?.url ?? '', `Member of ${word}`);
      const { id: sessionId } = await member.createSession();
      const socket = await member.socket();
      socket.send({ type: 'subscribe', sessionId, after: 0 });
      const note = JSON.stringify({ path: 'note.txt', content: `the word is ${word}` });
      const answer = await socket.say(sessionId, `My code word is ${word}.\n!tool write ${note}`);
      const container = await containerOf(system, tenant.id);
      return { word, tenant, member, socket, sessionId, answer, container };
    }

    beforeAll(async () => {
      [a, b] = await Promise.all([
        party(tenantA(), 'mirabelle-77'),
        party(tenantB(), 'juniper-13'),
      ]);
    });

    it('each agent is told its own word, writes it to its own file, and answers', async () => {
      for (const own of [a, b]) {
        expect(own.answer).toContain('note.txt');
        expect(await own.socket.say(own.sessionId, 'What is my code word?')).toContain(own.word);
        expect(folderText(own.container.dir)).toContain(own.word);
      }
    });

    it('one whose budget is used up says so in a plain sentence, and works at once when it is raised', async () => {
      const { tenant, socket, sessionId } = a;
      await limit(tenant, { maxNanoPerMonth: 0 });
      const before = await recordedCalls(system.controlUrl, tenant.id);
      const told = await socket.told(sessionId, 'Is there anything left?');
      expect(JSON.stringify(told.data)).toContain('This month’s budget of $0.00 is used up.');
      expect(await recordedCalls(system.controlUrl, tenant.id)).toHaveLength(before.length);
      await limit(tenant, { maxNanoPerMonth: null });
      expect(await socket.say(sessionId, 'And now?')).toContain('And now?');
    });

    it('one whose model breaks off every answer stops repeating at the bound', async () => {
      const { tenant, socket, sessionId } = b;
      const before = await recordedCalls(system.controlUrl, tenant.id);
      const cut = { kind: 'cut', afterChunks: 3 };
      await addFault(system.controlUrl, { match: { tenant: tenant.id }, times: null, fault: cut });
      try {
        const told = await socket.told(sessionId, 'Say something long.\n!long 100');
        expect(JSON.stringify(told.data)).toContain('Please send the message again.');
      } finally {
        await clearFaults(system.controlUrl);
      }
      const after = await recordedCalls(system.controlUrl, tenant.id);
      expect(after.length - before.length).toBe(MAX_FAILED_CALLS_PER_TURN);
      expect(await socket.say(sessionId, 'Better now?')).toContain('Better now?');
    });

    async function limit({ id }: CreatedTenant, limits: LimitChanges): Promise<void> {
      await new LocalAdmin(system.url).call('PATCH', `/tenants/${id}`, { limits });
    }

    it('no system secret is in a container: env, arguments, files and logs of its whole group', () => {
      for (const { container } of [a, b]) {
        expect(findSecrets(container, system.canaries)).toEqual([]);
      }
    });

    it('a secret that is planted in a file, an environment or an argument is found', async () => {
      const [canary = ''] = system.canaries;
      for (const where of ['environment', 'arguments', 'file'] as const) {
        const planted = await plant(a.container, where, canary);
        try {
          expect(findSecrets(planted.container, system.canaries), where).toContainEqual(
            expect.objectContaining({ value: canary }),
          );
        } finally {
          await planted.remove();
        }
      }
    });

    it('nothing of one is in the other’s requests, events, folder, snapshots or rows', async () => {
      await Promise.all([a, b].map(saved));
      for (const [own, other] of [
        [a, b],
        [b, a],
      ] as const) {
        const places = {
          requests: JSON.stringify(await recordedCalls(system.controlUrl, own.tenant.id)),
          events: JSON.stringify(await own.member.events(own.sessionId)),
          frames: JSON.stringify(own.socket.frames),
          folder: folderText(own.container.dir),
          snapshots: storedSnapshots(system.stateDir, own.tenant.id).map(snapshotText).join('\n'),
          rows: d1Rows(own.tenant.id),
        };
        for (const [place, text] of Object.entries(places)) {
          expect(text.length, `${place} of ${own.word} were read`).toBeGreaterThan(10);
          expect(text, `${place} of ${own.word}`).not.toContain(other.word);
          expect(text, `${place} of ${own.word}`).not.toContain(other.tenant.id);
        }
        // The search is able to find: the own word is where it belongs.
        for (const place of ['requests', 'events', 'frames', 'folder', 'snapshots'] as const) {
          expect(places[place], place).toContain(own.word);
        }
      }
    });

    /** Waits for the snapshot of what was said last: one is made when it has been quiet for a while. */
    async function saved({ tenant, member, sessionId }: Party): Promise<void> {
      const saidAt = (await member.events(sessionId)).at(-1)?.at ?? Number.POSITIVE_INFINITY;
      const holdsIt = ({ state, createdAt }: SnapshotView): boolean =>
        state === 'stored' && createdAt >= saidAt;
      await untilAgent(system.url, tenant.id, ({ snapshots }) => snapshots.some(holdsIt));
    }

    /** The rows of D1 that belong to a tenant, as text. */
    function d1Rows(tenantId: string): string {
      const dir = join(system.stateDir, 'state/v3/d1/miniflare-D1DatabaseObject');
      const file = readdirSync(dir).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) ?? '';
      const rows = ['tenants', 'hostnames', 'agents', 'usage', 'audit'].flatMap((table) =>
        sqliteRows(join(dir, file), table),
      );
      const own = rows.filter((row) => Object.values(row).includes(tenantId));
      return JSON.stringify(own);
    }
  });
}
