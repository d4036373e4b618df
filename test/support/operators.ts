import type { Browser } from 'playwright-core';
import type { SharedSystem } from '../flows/global-setup.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { signInCookie } from './access-stand-in.ts';
import { ask, type Answer, type Ask } from './loopback.ts';
import { openWindow, type CheckedWindow } from './page-checks.ts';

type Role = 'viewer' | 'maintainer' | 'admin';

/** An operator of the running system as Cloudflare Access lets one in: in a browser and by request. */
export interface TestOperator {
  email: string;
  /** Where this operator finds the system: its Access stands there. */
  url: string;
  open(browser: Browser): Promise<CheckedWindow>;
  /** Asks for a path under `/admin/api`. */
  ask(path: string, options?: Ask): Promise<Answer>;
}

let made = 0;

/** Makes an operator of a role. */
export async function newOperator(system: SharedSystem, role: Role): Promise<TestOperator> {
  made += 1;
  const email = `${role}-${process.pid}-${Date.now()}-${made}@example.com`;
  await new LocalAdmin(system.url).call('POST', '/operators', {
    kind: 'person',
    subject: email,
    role,
  });
  const cookie = `CF_Authorization=${await signInCookie(system.accessJwk, email)}`;
  const origin = system.accessUrl;
  return {
    email,
    url: origin,
    open: (browser) => openWindow(browser, { cookie, origin }),
    ask: (path, options = {}) =>
      ask(`${origin}/admin/api${path}`, {
        ...options,
        headers: { cookie, origin, ...options.headers },
      }),
  };
}
