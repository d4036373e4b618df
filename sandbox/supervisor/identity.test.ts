import { describe, expect, it } from 'vitest';
import { chooseIdentity } from './identity.ts';

const passwd = 'root:x:0:0::/root:/bin/sh\nopenclaw:x:10001:10002::/data:/bin/sh\n';

describe('chooseIdentity', () => {
  it.each([
    { what: 'another user stays itself', uid: 1_000, passwd, underEngine: false, identity: null },
    {
      what: 'root becomes openclaw',
      uid: 0,
      passwd,
      underEngine: false,
      identity: { uid: 10_001, gid: 10_002 },
    },
    {
      what: 'root under an engine becomes openclaw where there is one',
      uid: 0,
      passwd,
      underEngine: true,
      identity: { uid: 10_001, gid: 10_002 },
    },
    {
      what: 'root under an engine stays root where there is none',
      uid: 0,
      passwd: '',
      underEngine: true,
      identity: null,
    },
  ])('$what', ({ identity, ...facts }) => {
    expect(chooseIdentity(facts)).toEqual(identity);
  });

  it('refuses to run OpenClaw as root in a container', () => {
    const facts = { uid: 0, underEngine: false };
    expect(() => chooseIdentity({ ...facts, passwd: 'root:x:0:0::/:/bin/sh' })).toThrow(
      'user_missing',
    );
    expect(() => chooseIdentity({ ...facts, passwd: 'openclaw:x:0:0::/:/bin/sh' })).toThrow(
      'user_missing',
    );
  });
});
