import { describe, expect, it } from 'vitest';
import {
  access,
  ACCESS,
  CALLER_KINDS,
  type Action,
  type CallerKind,
  type EdgeCaller,
} from './access.ts';

const callers: Record<CallerKind, EdgeCaller> = {
  nobody: { kind: 'nobody' },
  member: { kind: 'member', memberId: 'm', signInId: 's', tenantId: 't' },
  key: { kind: 'key', keyId: 'k', secretHash: 'h', host: 'acme.example' },
  viewer: { kind: 'operator', subject: 'v@x', role: 'viewer', via: 'person' },
  maintainer: { kind: 'operator', subject: 'm@x', role: 'maintainer', via: 'person' },
  admin: { kind: 'operator', subject: 'a@x', role: 'admin', via: 'service' },
};

/** n nobody, m member, k key, v viewer, o maintainer, a admin; a dash is a refusal. */
const TABLE: Record<Action, string> = {
  'system.ping': 'nmkvoa',
  'system.status': 'nmkvoa',
  'system.health': '---voa',
  'overview.read': '---voa',
  'system.debug': '-----a',
  'secret.compare': '-----a',
  'operator.me': '---voa',
  'operator.list': '---voa',
  'operator.write': '-----a',
  'audit.read': '---voa',
  'admin.pages': '---voa',
  'tenant.list': '---voa',
  'tenant.read': '---voa',
  'tenant.create': '----oa',
  'tenant.update': '----oa',
  'tenant.suspend': '----oa',
  'tenant.resume': '----oa',
  'tenant.delete': '-----a',
  'hostname.list': '---voa',
  'hostname.write': '----oa',
  'usage.read': '---voa',
  'usage.own': '-m-voa',
  'allowance.read': '-m-voa',
  'notice.list': '---voa',
  'agent.list': '---voa',
  'agent.inspect': '---voa',
  'agent.logs': '----oa',
  'agent.wake': '----oa',
  'agent.sleep': '----oa',
  'agent.restart': '----oa',
  'agent.flush': '----oa',
  'snapshot.list': '---voa',
  'snapshot.own': '-m-voa',
  'snapshot.create': '----oa',
  'snapshot.download': '----oa',
  'snapshot.restore': '----oa',
  'snapshot.delete': '----oa',
  'routing.read': '---voa',
  'routing.test': '----oa',
  'routing.write': '----oa',
  'routing.activate': '----oa',
  'member.sign-in': 'nm----',
  'member.sign-out': '-m----',
  'member.me': '-m-voa',
  'member.read': '-m-voa',
  'member.write': '-m--oa',
  'invite.read': '-m-voa',
  'invite.write': '-m--oa',
  'sign-in.read': '-m-voa',
  'sign-in.write': '-m--oa',
  'session.read': '-mkvoa',
  'session.write': '-mk-oa',
  'key.read': '-m-voa',
  'key.write': '-m--oa',
  'model.call': '--k---',
  'model.list': '--k---',
  'schedule.read': '-m-voa',
  'schedule.write': '-m--oa',
  'chat.socket': '-m--oa',
  'openclaw.connect': '--k---',
  'device.list': '-m-voa',
  'device.approve': '-m--oa',
};

describe('access', () => {
  it.each(Object.keys(ACCESS) as Action[])('lets exactly the right callers take %s', (action) => {
    CALLER_KINDS.forEach((kind, index) => {
      const verdict = access(callers[kind], action);
      const refused = kind === 'nobody' ? 'unauthenticated' : 'forbidden';
      expect([kind, verdict]).toEqual([kind, TABLE[action][index] === '-' ? refused : 'allowed']);
    });
  });
});
