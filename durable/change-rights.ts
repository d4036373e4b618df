import { AppError } from '../contract/errors.ts';
import type { Caller, Member } from './rpc.ts';

/** AppError forbidden unless it is an owner, or an operator who may change things. */
export function checkMayChange(caller: Caller, member: Member): void {
  const allowed = caller.kind === 'operator' ? caller.role !== 'viewer' : member.role === 'owner';
  if (allowed) return;
  throw new AppError('forbidden', 'Only an owner of this agent may do this.');
}

/** The same, but operators who may only look pass too. */
export function checkMaySee(caller: Caller, member: Member): void {
  if (caller.kind !== 'operator') checkMayChange(caller, member);
}
