import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { agentList } from '../../contract/agent-list.ts';
import { agentLogLine } from '../../contract/agent-logs.ts';
import { agentStatus } from '../../contract/agent.ts';
import {
  agentInspection,
  sessionHistory,
  sessionList,
  type CreatedTenant,
} from '../../contract/api.ts';
import { auditList } from '../../contract/audit.ts';
import { deviceList } from '../../contract/devices.ts';
import { scheduleList, scheduleRunList, scheduleView } from '../../contract/schedules.ts';
import { snapshotList, snapshotView, type SnapshotView } from '../../contract/snapshots.ts';
import { timelineEntry } from '../../contract/timeline.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { newTenant, untilAgent } from '../support/agents.ts';
import { runSkclaw, type Ran } from '../support/skclaw.ts';

/** Looks at a schedule's run, a second apart: a turn of the stand-in takes a few seconds. */
const MAX_RUN_LOOKS = 90;

const watchLine = z.discriminatedUnion('t', [
  z.object({ t: z.literal('agent'), inspection: agentInspection }),
  z.object({ t: z.literal('timeline'), entry: timelineEntry }),
  z.object({ t: z.literal('end'), state: z.literal('asleep'), generation: z.number() }),
]);

/**
 * One agent, from its first wake to its sleep, through the commands alone: it boots twice. Once it is
 * ready again, what `whileAwake` declares has it, before it is put to sleep.
 */
export function describeAgentOfSkclaw(whileAwake: (tenant: () => CreatedTenant) => void): void {
  describe('an agent in the hands of skclaw', () => {
    const { url } = inject('system');
    let tenant: CreatedTenant;
    let tenantId = '';
    let folder = '';
    let sessionId = '';
    let saved: SnapshotView;
    let watching: Promise<Ran>;
    let logging: Promise<Ran>;

    const run = (line: string): Promise<Ran> =>
      runSkclaw(url, [...line.split(' '), '--tenant-id', tenantId]);

    async function done<Schema extends z.ZodType>(
      line: string,
      answer: Schema,
    ): Promise<z.output<Schema>> {
      const { code, stdout, stderr } = await run(line);
      expect([line, code, stderr]).toEqual([line, 0, expect.any(String)]);
      return answer.parse(JSON.parse(stdout));
    }

    async function refused(line: string, code: number, error: string): Promise<void> {
      const ran = await run(line);
      expect([line, ran.code, ran.stdout]).toEqual([line, code, '']);
      expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: error } });
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'skclaw-flow-'));
      tenant = await newTenant(url);
      tenantId = tenant.id;
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('says what an agent that sleeps is, and ends', async () => {
      const watched = await run('agent watch');
      expect(watched).toMatchObject({ code: 0, stderr: '' });
      expect(linesOf(watched.stdout, watchLine).map(({ t }) => t)).toEqual(['agent', 'end']);
      expect(await run('agent logs')).toMatchObject({ code: 0, stdout: '' });
      await refused('device list', 1, 'conflict');
      await refused('snapshot create', 1, 'conflict');
      expect(await done('snapshot list', snapshotList)).toEqual({ snapshots: [] });
      expect(await done('session list', sessionList)).toEqual({ sessions: [] });
      expect(await done('schedule list', scheduleList)).toEqual({ schedules: [] });
    });

    it('wakes it, and comes back when it is ready', async () => {
      const woken = await run('agent wake --wait');
      expect(woken.code).toBe(0);
      expect(woken.stderr).toContain('booting\n');
      const status = agentStatus.parse(JSON.parse(woken.stdout));
      expect(status).toMatchObject({ state: 'ready', generation: 1 });
      watching = run('agent watch');
      logging = run('agent logs');
      const listed = await runSkclaw(url, ['agent', 'list', '--state', 'ready']);
      const { agents } = agentList.parse(JSON.parse(listed.stdout));
      expect(agents.map((agent) => agent.tenantId)).toContain(tenantId);
      expect(await done('device list', deviceList)).toEqual({ pending: [], paired: [] });
    });

    it('has it do what a schedule says, and shows what was said', async () => {
      const create = ['schedule', 'create', '--name', 'daily', '--cron', '0 9 * * *'];
      const args = [...create, '--prompt', 'Say plum-17.', '--tenant-id', tenantId];
      const made = scheduleView.parse(JSON.parse((await runSkclaw(url, args)).stdout));
      await refused('schedule update nope --no-enabled', 1, 'invalid_usage');
      expect(await done(`schedule update ${made.id} --no-enabled`, scheduleView)).toMatchObject({
        enabled: false,
        nextAt: null,
      });
      await done(`schedule run ${made.id}`, z.object({ state: z.enum(['queued', 'running']) }));
      let state: string | undefined;
      for (let looks = 0; state !== 'done' && looks < MAX_RUN_LOOKS; looks += 1) {
        await pause(1_000);
        state = (await done(`schedule runs ${made.id}`, scheduleRunList)).runs[0]?.state;
      }
      expect(state).toBe('done');

      const { sessions } = await done('session list', sessionList);
      sessionId = sessions[0]?.id ?? '';
      const { events } = await done(`session show ${sessionId}`, sessionHistory);
      expect(events.map(({ data }) => data.type)).toEqual(
        expect.arrayContaining(['user', 'final']),
      );
      expect(JSON.stringify(events)).toContain('plum-17');
      await done(`schedule delete ${made.id} --yes`, z.object({ deleted: z.literal(true) }));
    });

    it('saves it, and downloads what was saved', async () => {
      saved = await done('snapshot create --wait', snapshotView);
      expect(saved).toMatchObject({ kind: 'manual', state: 'stored', current: true });
      const { snapshots } = await done('snapshot list', snapshotList);
      expect(snapshots[0]).toEqual(saved);
      const downloaded = await done(
        `snapshot download ${saved.id} --output ${join(folder, 'saved.tar.zst')}`,
        z.object({ file: z.string(), size: z.number() }),
      );
      const bytes = await readFile(downloaded.file);
      expect(bytes.byteLength).toBe(saved.size);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(saved.sha256);
      await refused(`snapshot delete ${saved.id} --yes`, 1, 'conflict');
      await refused(`snapshot restore ${saved.id}`, 1, 'confirmation_required');
      expect(await readdir(folder)).toEqual(['saved.tar.zst']);
    });

    it('deletes a session, which is not listed again when the agent goes back to a saved state', async () => {
      await refused(`session delete ${sessionId}`, 1, 'confirmation_required');
      await done(`session delete ${sessionId} --yes`, z.object({ deleted: z.literal(true) }));
      await refused(`session show ${sessionId}`, 1, 'session_not_found');

      const back = await done(`snapshot restore ${saved.id} --wait --yes`, agentStatus);
      expect(back).toMatchObject({ state: 'ready', generation: 2 });
      const { container } = await done('agent inspect', agentInspection);
      expect(container.restored).toEqual({ id: saved.id, sha256: saved.sha256 });

      expect(await done('session list', sessionList)).toEqual({ sessions: [] });

      const audit = `/audit?tenant=${tenantId}&target=session:${sessionId}`;
      const { entries } = auditList.parse(await new LocalAdmin(url).call('GET', audit));
      expect(entries.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['session.show', 'session.delete']),
      );
    });

    whileAwake(() => tenant);

    it('restarts it, and puts it to sleep before that is over', async () => {
      const restarting = await done('agent restart', agentStatus);
      expect(restarting).toMatchObject({ state: 'draining', generation: 2 });
      await refused('agent sleep --force', 1, 'confirmation_required');
      // It wakes as another generation: it is a sleep of that one that ends the restart, at once, since
      // each second that OpenClaw boots is paid for.
      await untilAgent(url, tenantId, ({ agent }) => agent.generation > 2);
      const slept = await done('agent sleep --force --yes --wait', agentStatus);
      expect(slept).toMatchObject({ state: 'asleep', generation: 3 });
    });

    it('has told all of it by then, each thing once', async () => {
      const [watched, logged] = await Promise.all([watching, logging]);
      expect([watched.code, watched.stderr, logged.code, logged.stderr]).toEqual([0, '', 0, '']);

      const lines = linesOf(watched.stdout, watchLine);
      expect(lines.at(-1)).toMatchObject({ t: 'end', state: 'asleep', generation: 3 });
      const entries = lines.flatMap((line) => (line.t === 'timeline' ? [line.entry] : []));
      const first = entries[0]?.seq ?? 0;
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => first + index));
      const types = entries.map(({ data }) => data.type);
      for (const type of [
        'turn.started',
        'turn.ended',
        'call',
        'snapshot.stored',
        'start',
        'ready',
      ]) {
        expect(types).toContain(type);
      }
      expect(types.at(-1)).toBe('asleep');

      const log = linesOf(logged.stdout, agentLogLine);
      const places = log.map(({ generation, seq }) => generation * 1e9 + seq);
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
      const generations = new Set(log.map(({ generation }) => generation));
      expect(generations.has(1) && generations.has(2)).toBe(true);
      expect(log.filter(({ generation }) => generation === 1)[0]?.seq).toBe(1);
    });

    it('leaves the last lines of its log to be asked for', async () => {
      const kept = await run('agent logs --no-follow --tail 5');
      expect(kept.code).toBe(0);
      expect(linesOf(kept.stdout, agentLogLine).length).toBeGreaterThan(0);
    });
  });
}

function linesOf<Schema extends z.ZodType>(text: string, line: Schema): z.output<Schema>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((one) => line.parse(JSON.parse(one)));
}
