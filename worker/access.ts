import type { OperatorRole } from '../db/queries/operators.ts';

/** Kinds of callers: nobody known, a tenant's member, a program with its key, and operators by role. */
export const CALLER_KINDS = ['nobody', 'member', 'key', 'viewer', 'maintainer', 'admin'] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

/** Who asks, as far as the edge can tell; an agent still checks members against its own tables. */
export type EdgeCaller =
  | { kind: 'nobody' }
  | { kind: 'member'; memberId: string; signInId: string; tenantId: string }
  | { kind: 'key'; keyId: string; secretHash: string; host: string }
  | {
      kind: 'operator';
      subject: string;
      role: OperatorRole;
      via: 'person' | 'service' | 'local';
    };

const EVERYBODY = CALLER_KINDS;
const LOOKING = ['viewer', 'maintainer', 'admin'] as const;
const OPERATING = ['maintainer', 'admin'] as const;

/** Every action of the system, and the callers that may take it. */
export const ACCESS = {
  'system.ping': EVERYBODY,
  'system.status': EVERYBODY,
  'system.health': LOOKING,
  'overview.read': LOOKING,
  'system.debug': ['admin'],
  'secret.compare': ['admin'],
  'operator.me': LOOKING,
  'operator.list': LOOKING,
  'operator.write': ['admin'],
  'audit.read': LOOKING,
  'admin.pages': LOOKING,
  'tenant.list': LOOKING,
  'tenant.read': LOOKING,
  'tenant.create': OPERATING,
  'tenant.update': OPERATING,
  'tenant.suspend': OPERATING,
  'tenant.resume': OPERATING,
  'tenant.delete': ['admin'],
  'hostname.list': LOOKING,
  'hostname.write': OPERATING,
  'usage.read': LOOKING,
  'usage.own': ['member', ...LOOKING],
  'allowance.read': ['member', ...LOOKING],
  'notice.list': LOOKING,
  'agent.list': LOOKING,
  'agent.inspect': LOOKING,
  // What a tenant's tools print may be private: more than a look.
  'agent.logs': OPERATING,
  'agent.wake': OPERATING,
  'agent.sleep': OPERATING,
  'agent.restart': OPERATING,
  'agent.flush': OPERATING,
  'snapshot.list': LOOKING,
  'snapshot.own': ['member', ...LOOKING],
  'snapshot.create': OPERATING,
  'snapshot.download': OPERATING,
  'snapshot.restore': OPERATING,
  'snapshot.delete': OPERATING,
  'routing.read': LOOKING,
  'routing.test': OPERATING,
  'routing.write': OPERATING,
  'routing.activate': OPERATING,
  'member.sign-in': ['nobody', 'member'],
  'member.sign-out': ['member'],
  'member.me': ['member', ...LOOKING],
  'member.read': ['member', ...LOOKING],
  'member.write': ['member', ...OPERATING],
  'invite.read': ['member', ...LOOKING],
  'invite.write': ['member', ...OPERATING],
  'sign-in.read': ['member', ...LOOKING],
  'sign-in.write': ['member', ...OPERATING],
  'session.read': ['member', 'key', ...LOOKING],
  'session.write': ['member', 'key', ...OPERATING],
  'key.read': ['member', ...LOOKING],
  'key.write': ['member', ...OPERATING],
  'model.call': ['key'],
  'model.list': ['key'],
  'schedule.read': ['member', ...LOOKING],
  'schedule.write': ['member', ...OPERATING],
  'chat.socket': ['member', ...OPERATING],
  'openclaw.connect': ['key'],
  'device.list': ['member', ...LOOKING],
  'device.approve': ['member', ...OPERATING],
} as const satisfies Record<string, readonly CallerKind[]>;

export type Action = keyof typeof ACCESS;

/** The row of the table that a caller stands in. */
export function callerKind(caller: EdgeCaller): CallerKind {
  return caller.kind === 'operator' ? caller.role : caller.kind;
}

/**
 * Whether a caller may take an action. A refusal tells apart who has to say who they are from who
 * is known and may not.
 */
export function access(
  caller: EdgeCaller,
  action: Action,
): 'allowed' | 'unauthenticated' | 'forbidden' {
  const kinds: readonly CallerKind[] = ACCESS[action];
  if (kinds.includes(callerKind(caller))) return 'allowed';
  return caller.kind === 'nobody' ? 'unauthenticated' : 'forbidden';
}
