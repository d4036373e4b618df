import { describe, expect, it } from 'vitest';
import { invites, members } from '../db/agent/schema.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { countMembers, createInvite, identify, signIn, SIGN_IN_MS, signOut } from './members.ts';
import type { Caller } from './rpc.ts';
import type { AgentDb } from './storage.ts';

const HOST = 'acme.localhost';
const DAY_MS = 86_400_000;
const invite = (db: AgentDb, role: 'owner' | 'user' = 'user') =>
  createInvite(db, { role, expiresInMs: DAY_MS, hostname: HOST, by: 'operator', now: NOW });
const open = (db: AgentDb, token: string, changed: { host?: string; now?: number } = {}) =>
  signIn(db, { invite: token, name: 'Ann', host: HOST, now: NOW, ...changed });
const refused = expect.objectContaining({ code: 'invite_invalid' });
const signedOut = expect.objectContaining({ code: 'unauthenticated' });

async function join(db: AgentDb): Promise<Caller & { kind: 'member' }> {
  const { member, signInId } = await open(db, (await invite(db)).token);
  return { kind: 'member', memberId: member.id, signInId, host: HOST };
}

describe('an invite', () => {
  it('is kept as a hash only', () =>
    freshAgent().inside(async ({ db }) => {
      const { token } = await invite(db);
      expect(token.length).toBeGreaterThanOrEqual(43);
      expect(JSON.stringify(db.select().from(invites).all())).not.toContain(token);
    }));

  it('makes a member with the role it was made for', () =>
    freshAgent().inside(async ({ db }) => {
      const { token } = await invite(db, 'owner');
      const signedIn = await open(db, token);
      expect(signedIn).toMatchObject({
        member: { name: 'Ann', role: 'owner' },
        expiresAt: NOW + SIGN_IN_MS,
      });
      expect(countMembers(db)).toBe(1);
    }));

  it('works once', () =>
    freshAgent().inside(async ({ db }) => {
      const { token } = await invite(db);
      await open(db, token);
      await expect(open(db, token)).rejects.toEqual(refused);
      expect(countMembers(db)).toBe(1);
    }));

  it('lets one in of many who open it at the same moment', () =>
    freshAgent().inside(async ({ db }) => {
      const { token } = await invite(db);
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => open(db, token)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(countMembers(db)).toBe(1);
    }));

  it('is for one hostname, expires, can be revoked, and can’t be guessed', () =>
    freshAgent().inside(async ({ db }) => {
      const { token } = await invite(db);
      await expect(open(db, token, { host: 'other.localhost' })).rejects.toEqual(refused);
      await expect(open(db, token, { now: NOW + DAY_MS })).rejects.toEqual(refused);
      await expect(open(db, 'x'.repeat(43))).rejects.toEqual(refused);
      db.update(invites).set({ revokedAt: NOW }).run();
      await expect(open(db, token)).rejects.toEqual(refused);
      expect(countMembers(db)).toBe(0);
    }));
});

describe('a member', () => {
  it('is known by its sign-in', () =>
    freshAgent().inside(async ({ db }) => {
      const caller = await join(db);
      expect(identify(db, caller, NOW)).toEqual({
        id: caller.memberId,
        name: 'Ann',
        role: 'user',
      });
    }));

  it('is signed out by an ended, expired, foreign or mixed-up sign-in, or when it is revoked', () =>
    freshAgent().inside(async ({ db }) => {
      const [ann, bob] = [await join(db), await join(db)];
      const lost: [Caller, number][] = [
        [ann, NOW + SIGN_IN_MS],
        [{ ...ann, host: 'other.localhost' }, NOW],
        [{ ...ann, memberId: bob.memberId }, NOW],
        [{ ...ann, signInId: 'nothing' }, NOW],
      ];
      for (const [caller, now] of lost) {
        expect(() => identify(db, caller, now)).toThrow(signedOut);
      }
      signOut(db, ann.signInId, NOW);
      expect(() => identify(db, ann, NOW)).toThrow(signedOut);
      db.update(members).set({ revokedAt: NOW }).run();
      expect(() => identify(db, bob, NOW)).toThrow(signedOut);
    }));

  it('who signs out elsewhere stays signed in here', () =>
    freshAgent().inside(async ({ db }) => {
      const [ann, bob] = [await join(db), await join(db)];
      signOut(db, bob.signInId, NOW);
      signOut(db, bob.signInId, NOW + 5);
      expect(identify(db, ann, NOW).id).toBe(ann.memberId);
    }));
});

it('an operator is no member, and is named as what it is', () =>
  freshAgent().inside(({ db }) => {
    expect(identify(db, { kind: 'operator', subject: 'eve@sk.com', role: 'viewer' }, NOW)).toEqual({
      id: 'operator:eve@sk.com',
      name: 'eve@sk.com',
      role: 'operator',
    });
  }));
