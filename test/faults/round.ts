import { setTimeout as pause } from 'node:timers/promises';
import { attack } from './attackers.ts';
import { checkSessions, type Ends } from './check-sessions.ts';
import { checkSnapshots, type Unpacked } from './check-snapshots.ts';
import type { Findings } from './findings.ts';
import { forge } from './forger.ts';
import type { Round, TenantRound } from './plan.ts';
import { nameOf } from './points.ts';
import { untilQuiet } from './quiet.ts';
import { enter } from './scenarios.ts';
import { shoot } from './shots.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** Ways to a phase that are tried when another tenant's fault has barred the one before. */
const MAX_TRIES = 4;
/** Each further try shoots earlier: the phase may have been over, ms are divided by this. */
const EARLIER = 2;
/** An agent that only looks awake is woken for the attackers; longer is the next round's matter, ms. */
const AWAKE_TIMEOUT_MS = 30_000;

/** What a run has come to so far. */
export interface Progress {
  findings: Findings;
  /** Hits and misses of each point, by its name. */
  hits: Map<string, { hits: number; misses: number }>;
  unpacked: Unpacked;
  ends: Map<string, Ends>;
}

/** One round: every tenant works and is shot at, then all comes to rest and is checked. */
export async function playRound(world: World, round: Round, progress: Progress): Promise<void> {
  const { findings } = progress;
  await Promise.all(
    round.tenants.map(async (part, index) => {
      const subject = world.subjects[index];
      if (subject) await playTenant(world, { subject, part }, progress);
    }),
  );
  await world.workerIsBack();
  await untilQuiet(world, findings);
  await attackOne(world, findings).catch((error: unknown) => {
    findings.fail('refused', 'all', `the attack could not be made: ${String(error)}`);
  });
  const victim = round.forge === null ? undefined : world.subjects[round.forge];
  if (victim) {
    await forge(world, victim, findings).catch((error: unknown) => {
      findings.fail('forged', victim.slug, `the forgery could not be tried: ${String(error)}`);
    });
    await untilQuiet(world, findings);
  }
  for (const subject of world.subjects) await checkSubject(world, subject, progress);
}

async function playTenant(
  world: World,
  { subject, part }: { subject: Subject; part: TenantRound },
  progress: Progress,
): Promise<void> {
  const name = nameOf(part.shot.point);
  const score = progress.hits.get(name) ?? { hits: 0, misses: 0 };
  progress.hits.set(name, score);
  const said: string[] = [];
  const texts = [...part.texts];
  const say = (): string => {
    // Later tries need words of their own.
    const text = texts.shift() ?? `${part.texts.at(-1)} again ${said.length}`;
    const id = `${subject.slug}-${progress.findings.round}-${said.length}`;
    subject.client.send(subject.chat, text, id);
    said.push(id);
    return id;
  };
  let isHit = false;
  for (let attempt = 0; attempt < MAX_TRIES && !isHit; attempt++) {
    await world.workerIsBack();
    isHit = await fire(world, {
      subject,
      part,
      say,
      // The last one comes at once.
      delayMs: attempt === MAX_TRIES - 1 ? 0 : part.shot.delayMs / EARLIER ** attempt,
    });
    if (!isHit) score.misses++;
  }
  if (isHit) score.hits++;
  while (texts.length > 0) say();
  for (const [n, again] of part.again.entries()) {
    const id = said[n];
    if (!again || id === undefined) continue;
    // As one whose acknowledgement was lost, and who does not know that it was not.
    await subject.client.when(() => subject.client.turnOf(id) !== null, AWAKE_TIMEOUT_MS);
    subject.client.sendAgain(id);
  }
}

/** One try: into the phase, the wait, the shot. It counts only when the phase was on at that moment. */
async function fire(
  world: World,
  shot: { subject: Subject; part: TenantRound; say: () => string; delayMs: number },
): Promise<boolean> {
  const { subject, part, say, delayMs } = shot;
  const { target, phase } = part.shot.point;
  try {
    const scenario = await enter(phase, { world, subject, target, say });
    if (!(await scenario.begun)) return false;
    await pause(delayMs);
    return scenario.isOn() && shoot(target, subject, world);
  } catch (error) {
    console.log(`  ${nameOf(part.shot.point)}: ${(error as Error).message}`);
    return false;
  }
}

/** One awake agent's container turns hostile. */
async function attackOne(world: World, findings: Findings): Promise<void> {
  const awake = world.subjects.find((subject) => subject.container() !== null);
  const subject = awake ?? world.subjects[0];
  if (!subject) return;
  if (!awake) await subject.admin('POST', '/wake');
  await subject.client.when(() => subject.client.agent?.state === 'ready', AWAKE_TIMEOUT_MS);
  await attack(world, subject, findings);
}

async function checkSubject(world: World, subject: Subject, progress: Progress): Promise<void> {
  const { findings, unpacked, ends } = progress;
  ends.set(subject.slug, checkSessions(world, subject, findings));
  await checkSnapshots(world, subject, { findings, unpacked });
}
