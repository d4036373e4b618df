import { AppError } from '../contract/errors.ts';
import type {
  CreateInviteBody,
  InviteView,
  MemberView,
  SignInView,
  UpdateMemberBody,
} from '../contract/members.ts';
import { checkMayChange, checkMaySee } from './change-rights.ts';
import type { Door } from './door.ts';
import * as invites from './invites.ts';
import * as members from './members.ts';
import type { Caller, Member, NewInvite, SignedIn } from './rpc.ts';
import * as signIns from './sign-ins.ts';
import type { AgentDb } from './storage.ts';

export interface MembershipDeps {
  db: AgentDb;
  door: Door;
  now(): number;
  /** A credential has ended: nothing that it opened stays open. */
  ended(): void;
}

/** Who belongs to an agent: invites, the members they made, and their sign-ins. */
export class Membership {
  readonly #deps: MembershipDeps;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
  }

  listInvites(caller: Caller): InviteView[] {
    const { db, now } = this.#deps;
    this.#deps.door.seer(caller);
    return invites.listInvites(db, now());
  }

  /** AppError invalid_request for a hostname that is not the tenant's, not_found for an unknown member. */
  createInvite(caller: Caller, id: string, body: CreateInviteBody): NewInvite {
    const { db, now } = this.#deps;
    const { name } = this.#deps.door.changer(caller);
    const { expiresInS, memberId = null } = body;
    const known = memberId === null ? null : members.getMember(db, memberId);
    return invites.createInvite(db, {
      id,
      role: known?.role ?? body.role,
      hostname: this.#hostname(caller, body.hostname),
      memberId,
      expiresInMs: expiresInS * 1_000,
      by: { id: caller.kind === 'member' ? caller.memberId : null, name },
      now: now(),
    });
  }

  revokeInvite(caller: Caller, id: string): InviteView {
    const { db, now } = this.#deps;
    this.#deps.door.changer(caller);
    return invites.revokeInvite(db, id, now());
  }

  signIn({
    invite,
    name,
    host,
  }: {
    invite: string;
    name: string | undefined;
    host: string;
  }): SignedIn {
    const { db, door, now, ended } = this.#deps;
    door.serves(host);
    door.active();
    const signedIn = signIns.signIn(db, { invite, name, host, now: now() });
    // A sign-in too many has ended the member's oldest.
    ended();
    return signedIn;
  }

  signOut(caller: Caller): void {
    this.#deps.door.identify(caller);
    if (caller.kind !== 'member') return;
    this.#end(caller.signInId);
  }

  listMembers(caller: Caller): MemberView[] {
    const { db, now } = this.#deps;
    this.#deps.door.seer(caller);
    return members.listMembers(db, now());
  }

  /** Everybody's name and role for who may change them, and one's own name. */
  updateMember(caller: Caller, id: string, body: UpdateMemberBody): MemberView {
    const { db, now } = this.#deps;
    const asking = this.#deps.door.identify(caller);
    const isOwnName = caller.kind === 'member' && caller.memberId === id && body.role === undefined;
    if (!isOwnName) checkMayChange(caller, asking);
    const row = members.updateMember(db, id, body);
    // Who owns nothing any more has nobody else to invite either.
    if (row.role === 'user') invites.revokeInvitesOf(db, id, { made: true, now: now() });
    return members.viewMember(db, row, now());
  }

  /** Removes a member with every way back in that is theirs; who asks to be removed leaves. */
  removeMember(caller: Caller, id: string): MemberView {
    const { db, door, now, ended } = this.#deps;
    const asking = door.identify(caller);
    if (caller.kind !== 'member' || caller.memberId !== id) checkMayChange(caller, asking);
    const row = members.removeMember(db, id, now());
    signIns.endSignInsOf(db, id, { now: now() });
    invites.revokeInvitesOf(db, id, { made: true, now: now() });
    ended();
    return members.viewMember(db, row, now());
  }

  /** Everybody's for who may see them, and one's own. */
  listSignIns(caller: Caller): SignInView[] {
    const { db, now } = this.#deps;
    const memberId = this.#ownOnly(caller, checkMaySee);
    const current = caller.kind === 'member' ? caller.signInId : null;
    return signIns.listSignIns(db, { memberId, current, now: now() });
  }

  revokeSignIn(caller: Caller, id: string): SignInView {
    const { db, now } = this.#deps;
    const memberId = this.#ownOnly(caller, checkMayChange);
    signIns.getSignIn(db, id, memberId);
    this.#end(id);
    const current = caller.kind === 'member' && caller.signInId === id;
    return signIns.viewOf(signIns.getSignIn(db, id, memberId), { current, now: now() });
  }

  /** Ends a member's sign-ins but for the one that asks, and the open links that would make more. */
  revokeOtherSignIns(caller: Caller): { revoked: number } {
    const { db, door, now, ended } = this.#deps;
    const { id } = door.identify(caller);
    if (caller.kind !== 'member') throw new AppError('forbidden', 'Only members sign in.');
    const revoked = signIns.endSignInsOf(db, id, { except: caller.signInId, now: now() });
    invites.revokeInvitesOf(db, id, { made: false, now: now() });
    ended();
    return { revoked };
  }

  #end(signInId: string): void {
    const { db, now, ended } = this.#deps;
    signIns.endSignIn(db, signInId, now());
    ended();
  }

  /** The host that an invite is for: the one named, else the one asked on, else the tenant's own. */
  #hostname(caller: Caller, named: string | undefined): string {
    const { slug, platform, hostnames } = this.#deps.door.record();
    const asked = caller.kind === 'operator' ? `${slug}.${platform}` : caller.host;
    const hostname = named ?? (hostnames.includes(asked) ? asked : hostnames[0]);
    if (hostname !== undefined && hostnames.includes(hostname)) return hostname;
    throw new AppError('invalid_request', 'hostname: is not one of this agent’s');
  }

  /** Null for who may go to everybody's, by `check`; a member's own id for who may not. */
  #ownOnly(caller: Caller, check: (caller: Caller, member: Member) => void): string | null {
    const member = this.#deps.door.identify(caller);
    if (caller.kind === 'member' && member.role === 'user') return member.id;
    check(caller, member);
    return null;
  }
}
