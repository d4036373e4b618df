import { request } from 'node:http';
import { readFile } from 'node:fs/promises';
import { ulid } from 'ulid';
import { r2Object } from '../support/r2-objects.ts';
import { sha256 } from './archive.ts';
import { keyOf } from './check-snapshots.ts';
import type { Findings } from './findings.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** What an attacker puts; not worth a snapshot. */
const PAYLOAD = Buffer.from('not a snapshot of this agent');

interface Attack {
  name: string;
  id: string;
  ticket: string | null;
}

/**
 * What a hostile container can try: PUTs to the state store, from its own address, without a ticket,
 * with one that was used and with one of an earlier generation. All must be refused and change nothing.
 */
export async function attack(world: World, subject: Subject, findings: Findings): Promise<void> {
  const container = subject.container();
  const url = container?.env.SK_STATE_URL;
  if (!container || !url) return;
  const generation = Number(container.env.SK_GENERATION);
  const puts = world.puts.get(subject.tenantId) ?? [];
  const used = puts.findLast((put) => put.generation === generation);
  const old = puts.findLast((put) => put.generation < generation);
  const attacks: Attack[] = [
    { name: 'without a ticket', id: ulid(), ticket: null },
    { name: 'with a made-up ticket', id: ulid(), ticket: 'A'.repeat(43) },
    ...(used ? [{ ...used, name: 'with a used ticket' }] : []),
    ...(old ? [{ ...old, name: 'with a ticket of an old generation' }] : []),
    // The id is a real one; only the ticket is not.
    ...(used ? [{ name: 'over a stored snapshot', id: used.id, ticket: 'A'.repeat(43) }] : []),
  ];
  for (const one of attacks) {
    const before = await objectOf(world, subject, one.id);
    const status = await put(`${url}/${one.id}`, one.ticket);
    const after = await objectOf(world, subject, one.id);
    const isRefused = status >= 400 && status < 500;
    findings.expect(isRefused, 'refused', subject.slug, () => {
      return `a PUT ${one.name} was answered with ${status}`;
    });
    findings.expect(before === after, 'refused', subject.slug, () => {
      return `a PUT ${one.name} changed ${one.id}`;
    });
  }
}

async function objectOf({ system }: World, subject: Subject, id: string): Promise<string | null> {
  const object = r2Object(system.stateDir, keyOf(subject, id));
  return object && sha256(await readFile(object.file));
}

function put(url: string, ticket: string | null): Promise<number> {
  const outgoing = request(url, {
    method: 'PUT',
    agent: false,
    headers: {
      'content-length': PAYLOAD.length,
      'x-sk-sha256': sha256(PAYLOAD),
      ...(ticket === null ? {} : { 'x-sk-ticket': ticket }),
    },
  });
  outgoing.end(PAYLOAD);
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
}
