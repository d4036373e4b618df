import { describe, expect, it } from 'vitest';
import { ulid } from 'ulid';
import type { AppError } from '../contract/errors.ts';
import { MAX_MEMBERS, MAX_OPEN_INVITES, MAX_SIGN_INS } from '../contract/members.ts';
import { invites, members, signIns } from '../db/agent/schema.ts';
import { hasEnded, identify } from './credentials.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { HOST, type MemberCaller } from './doubles/join.ts';
import { createInvite, listInvites, revokeInvite, revokeInvitesOf } from './invites.ts';
import { KEEP_ENDED_MS, MAX_ENDED } from './kept-rows.ts';
import { countMembers, listMembers, removeMember, updateMember } from './members.ts';
import type { Caller } from './rpc.ts';
import { endSignIn, endSignInsElsewhere, listSignIns, signIn, SIGN_IN_MS } from './sign-ins.ts';
import type { AgentDb } from './storage.ts';

const DAY_MS = 86_400_000;
const BY = { id: null, name: 'eve@sk.com' };
const invite = (
  db: AgentDb,
  changed: {
    role?: 'owner' | 'user';
    memberId?: string;
    by?: typeof BY | { id: string; name: string };
  } = {},
  now = NOW,
) =>
  createInvite(db, {
    id: ulid(now),
    role: 'user',
    hostname: HOST,
    memberId: null,
    expiresInMs: DAY_MS,
    by: BY,
    now,
    ...changed,
  });
const open = (db: AgentDb, token: string, changed: { host?: string; now?: number } = {}) =>
  signIn(db, { invite: token, name: 'Ann', host: HOST, now: NOW, ...changed });
const coded = (code: string) => expect.objectContaining({ code });

function join(db: AgentDb, changed: Parameters<typeof invite>[1] = {}, now = NOW): MemberCaller {
  const { member, signInId } = open(db, invite(db, changed, now).token, { now });
  return { kind: 'member', memberId: member.id, signInId, host: HOST };
}

describe('an invite', () => {
  it('is kept as a hash only, and listed without it', () =>
    freshAgent().inside(({ db }) => {
      const { token, ...view } = invite(db);
      expect(token.length).toBeGreaterThanOrEqual(43);
      expect(JSON.stringify(db.select().from(invites).all())).not.toContain(token);
      expect(listInvites(db, NOW)).toEqual([view]);
      expect(view).toMatchObject({ state: 'open', createdBy: 'eve@sk.com', usedBy: null });
      expect(Object.keys(view)).not.toContain('tokenHash');
    }));

  it('makes a member with the role it was made for, and says who came by it', () =>
    freshAgent().inside(({ db }) => {
      const { token, id } = invite(db, { role: 'owner' });
      const { member, expiresAt } = open(db, token);
      expect(member).toMatchObject({ name: 'Ann', role: 'owner' });
      expect(expiresAt).toBe(NOW + SIGN_IN_MS);
      expect(countMembers(db)).toBe(1);
      expect(listInvites(db, NOW)).toMatchObject([{ id, state: 'used', usedBy: member.id }]);
    }));

  it('works once', () =>
    freshAgent().inside(({ db }) => {
      const { token, id } = invite(db);
      open(db, token);
      expect(() => open(db, token)).toThrow(coded('invite_invalid'));
      expect(() => revokeInvite(db, id, NOW)).toThrow(coded('conflict'));
      expect(countMembers(db)).toBe(1);
    }));

  it('is for one hostname, expires, can be revoked, and can’t be guessed', () =>
    freshAgent().inside(({ db }) => {
      const { token, id } = invite(db);
      const refused = coded('invite_invalid');
      expect(() => open(db, token, { host: 'other.localhost' })).toThrow(refused);
      expect(() => open(db, token, { now: NOW + DAY_MS })).toThrow(refused);
      expect(() => open(db, 'x'.repeat(43))).toThrow(refused);
      expect(listInvites(db, NOW + DAY_MS)).toMatchObject([{ state: 'expired' }]);
      expect(revokeInvite(db, id, NOW)).toMatchObject({ state: 'revoked', revokedAt: NOW });
      expect(revokeInvite(db, id, NOW + 5).revokedAt).toBe(NOW);
      expect(() => open(db, token)).toThrow(refused);
      expect(() => revokeInvite(db, 'nothing', NOW)).toThrow(coded('not_found'));
      expect(countMembers(db)).toBe(0);
    }));

  it('that lets nobody in says why, and what to do', () =>
    freshAgent().inside(({ db }) => {
      const why = (token: string, at: Parameters<typeof open>[2] = {}): string => {
        try {
          open(db, token, at);
          return 'let in';
        } catch (error) {
          return `${(error as Error).message} ${(error as AppError).hint}`;
        }
      };
      const { token, id } = invite(db);
      expect(why(token, { now: NOW + DAY_MS })).toContain('expired');
      expect(why(token, { host: 'other.localhost' })).toContain(`Open it at ${HOST}.`);
      expect(why('x'.repeat(43))).toContain('link is complete');
      open(db, token);
      expect(why(token)).toContain('used already');
      const { token: withdrawn } = invite(db);
      revokeInvite(db, listInvites(db, NOW).find((one) => one.id !== id)?.id ?? '', NOW);
      expect(why(withdrawn)).toContain('withdrawn');
    }));

  it('for a member who is there signs them in again, as what they are', () =>
    freshAgent().inside(({ db }) => {
      const ann = join(db, { role: 'owner' });
      const again = join(db, { role: 'user', memberId: ann.memberId });
      expect(again.memberId).toBe(ann.memberId);
      expect(identify(db, again, NOW).role).toBe('owner');
      expect(listMembers(db, NOW)).toMatchObject([{ id: ann.memberId, signIns: 2 }]);
    }));

  it('that a member made, or that is for them, ends with them', () =>
    freshAgent().inside(({ db }) => {
      const ann = join(db, { role: 'owner' });
      const made = invite(db, { by: { id: ann.memberId, name: 'Ann' } });
      const theirs = invite(db, { memberId: ann.memberId });
      const other = invite(db);
      const state = (id: string) => listInvites(db, NOW).find((one) => one.id === id)?.state;
      revokeInvitesOf(db, ann.memberId, { made: false, now: NOW });
      expect([made, theirs, other].map(({ id }) => state(id))).toEqual(['open', 'revoked', 'open']);
      revokeInvitesOf(db, ann.memberId, { made: true, now: NOW });
      expect([made, other].map(({ id }) => state(id))).toEqual(['revoked', 'open']);
    }));

  it('is one of a bounded number that are open', () =>
    freshAgent().inside(({ db }) => {
      for (let i = 0; i < MAX_OPEN_INVITES; i += 1) invite(db);
      expect(() => invite(db)).toThrow(coded('limit_reached'));
      revokeInvite(db, listInvites(db, NOW)[0]?.id ?? '', NOW);
      expect(invite(db).state).toBe('open');
    }));

  it('that ended long ago is forgotten', () =>
    freshAgent().inside(({ db }) => {
      invite(db);
      const later = NOW + KEEP_ENDED_MS + 1;
      const { id } = invite(db, {}, later);
      expect(listInvites(db, later).map((one) => one.id)).toEqual([id]);
    }));
});

describe('a member', () => {
  it('is known by its sign-in, whose use is noted', () =>
    freshAgent().inside(({ db }) => {
      const caller = join(db);
      const { memberId: id } = caller;
      expect(identify(db, caller, NOW)).toEqual({ id, name: 'Ann', role: 'user' });
      identify(db, caller, NOW + 60_000);
      expect(listMembers(db, NOW)).toMatchObject([{ id, lastSeenAt: NOW, signIns: 1 }]);
      identify(db, caller, NOW + 900_000);
      expect(listMembers(db, NOW)).toMatchObject([{ lastSeenAt: NOW + 900_000 }]);
    }));

  it('is signed out by an ended, expired, foreign or mixed-up sign-in, or when they are removed', () =>
    freshAgent().inside(({ db }) => {
      const [ann, bob] = [join(db), join(db)];
      const lost: [Caller, number][] = [
        [ann, NOW + SIGN_IN_MS],
        [{ ...ann, host: 'other.localhost' }, NOW],
        [{ ...ann, memberId: bob.memberId }, NOW],
        [{ ...ann, signInId: 'nothing' }, NOW],
      ];
      const isOut = (caller: Caller, now: number): void => {
        expect(() => identify(db, caller, now)).toThrow(coded('unauthenticated'));
        expect(hasEnded(db, caller, now)).toBe(true);
      };
      for (const [caller, now] of lost) isOut(caller, now);
      endSignIn(db, ann.signInId, NOW);
      isOut(ann, NOW);
      expect(hasEnded(db, bob, NOW)).toBe(false);
      removeMember(db, bob.memberId, NOW);
      isOut(bob, NOW);
    }));

  it('who signs out elsewhere stays signed in here', () =>
    freshAgent().inside(({ db }) => {
      const [ann, bob] = [join(db), join(db)];
      endSignIn(db, bob.signInId, NOW);
      endSignIn(db, bob.signInId, NOW + 5);
      expect(identify(db, ann, NOW).id).toBe(ann.memberId);
      expect(listSignIns(db, { memberId: bob.memberId, current: null, now: NOW })).toMatchObject([
        { state: 'revoked', revokedAt: NOW },
      ]);
    }));

  it('who is the last owner can be neither removed nor made a user', () =>
    freshAgent().inside(({ db }) => {
      const [ann, bob] = [join(db, { role: 'owner' }), join(db)];
      expect(() => removeMember(db, ann.memberId, NOW)).toThrow(coded('conflict'));
      expect(() => updateMember(db, ann.memberId, { role: 'user' })).toThrow(coded('conflict'));
      expect(updateMember(db, ann.memberId, { name: 'Anna' })).toMatchObject({ name: 'Anna' });
      updateMember(db, bob.memberId, { role: 'owner' });
      removeMember(db, ann.memberId, NOW);
      expect(() => removeMember(db, bob.memberId, NOW)).toThrow(coded('conflict'));
      expect(() => removeMember(db, ann.memberId, NOW)).toThrow(coded('not_found'));
      expect(listMembers(db, NOW).find(({ id }) => id === ann.memberId)).toMatchObject({
        state: 'removed',
        removedAt: NOW,
      });
    }));

  it('is one of a bounded number, and one too many leaves the invite as it was', () =>
    freshAgent().inside(({ db }) => {
      const ids = Array.from({ length: MAX_MEMBERS }, () => ulid(NOW));
      const add = (id: string) =>
        db.insert(members).values({ id, name: 'X', role: 'user', createdAt: NOW }).run();
      for (const id of ids) add(id);
      const { token } = invite(db);
      expect(() => open(db, token)).toThrow(coded('limit_reached'));
      removeMember(db, ids[0] ?? '', NOW);
      expect(open(db, token).member.name).toBe('Ann');
    }));

  it('who was removed long ago is forgotten with their sign-ins, and the newest stay', () =>
    freshAgent().inside(({ db }) => {
      const ann = join(db);
      removeMember(db, ann.memberId, NOW);
      const later = NOW + KEEP_ENDED_MS + 1;
      for (let i = 0; i <= MAX_ENDED; i += 1) {
        const revokedAt = later - i;
        db.insert(members)
          .values({ id: `${i}`, name: 'X', role: 'user', createdAt: NOW, revokedAt })
          .run();
      }
      const bob = join(db, {}, later);
      const left = listMembers(db, later).map(({ id }) => id);
      expect(left).toHaveLength(MAX_ENDED + 1);
      expect(left).toContain(bob.memberId);
      expect(left).not.toContain(ann.memberId);
      expect(left).not.toContain(`${MAX_ENDED}`);
      expect(db.select().from(signIns).all()).toHaveLength(1);
    }));
});

describe('sign-ins', () => {
  it('of one member are bounded: a further one ends the oldest', () =>
    freshAgent().inside(({ db }) => {
      const first = join(db);
      const { memberId } = first;
      const rest = Array.from({ length: MAX_SIGN_INS }, (_, i) =>
        join(db, { memberId }, NOW + i + 1),
      );
      expect(hasEnded(db, first, NOW + 20)).toBe(true);
      expect(rest.map((one) => hasEnded(db, one, NOW + 20))).toEqual(rest.map(() => false));
    }));

  it('at a hostname that is not the tenant’s any more end, and don’t come back with it', () =>
    freshAgent().inside(({ db }) => {
      const ann = join(db);
      const others = Array.from({ length: 100 }, (_, i) => `host-${i}.example`);
      endSignInsElsewhere(db, [...others, HOST], NOW);
      expect(hasEnded(db, ann, NOW)).toBe(false);
      endSignInsElsewhere(db, others, NOW);
      expect(hasEnded(db, ann, NOW)).toBe(true);
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
