import { z } from 'zod';
import { failed, passed, skipped, type Check } from './check.ts';
import type { CloudContext } from './account-checks.ts';
import type { CheckTask } from './run-checks.ts';

/** Where operators are served, which only Access lets people in to. */
const ADMIN_PATH = 'admin';

const policy = z.looseObject({
  name: z.string().optional(),
  decision: z.string().optional(),
  include: z.array(z.looseObject({})).default([]),
  require: z.array(z.looseObject({})).default([]),
});
/** An application of Access, as far as it is looked at. */
const accessApp = z.looseObject({
  aud: z.string().optional(),
  name: z.string().optional(),
  domain: z.string().optional(),
  self_hosted_domains: z.array(z.string()).default([]),
  destinations: z.array(z.looseObject({ uri: z.string().optional() })).default([]),
  policies: z.array(policy).default([]),
});
export type AccessApp = z.output<typeof accessApp>;

/** Whether a destination such as `example.com/admin` stands before all of `/admin` on a host. */
function covers(destination: string, host: string): boolean {
  const [pattern = '', ...path] = destination.toLowerCase().split('/');
  const labels = pattern.split('.');
  const isHost =
    pattern === host ||
    (labels[0] === '*' && host.split('.').slice(1).join('.') === labels.slice(1).join('.'));
  return isHost && path.join('/').replace(/\/?\*?$/, '') === ADMIN_PATH;
}

/** Which of the platform's two hosts of `/admin` an application does not stand before. */
function uncovered(app: AccessApp, platform: string): string[] {
  const destinations = [
    ...(app.domain ? [app.domain] : []),
    ...app.self_hosted_domains,
    ...app.destinations.flatMap(({ uri }) => uri ?? []),
  ];
  return [platform, `api.${platform}`].filter(
    (host) => !destinations.some((destination) => covers(destination, host)),
  );
}

/** What is wrong with who is let in, or null. */
function policyProblem({ policies }: AccessApp): string | null {
  if (policies.length === 0) return 'has no policy, so it lets nobody in';
  const open = policies.find(({ decision, include, require: needed }) => {
    if (decision === 'bypass') return true;
    const everybody = include.some((rule) => 'everyone' in rule);
    return decision === 'allow' && everybody && needed.length === 0;
  });
  return open ? `lets everyone in by the policy ${open.name ?? 'without a name'}` : null;
}

function readApp({ cloud, config }: CloudContext, aud: string): Promise<AccessApp | null> {
  return cloud.ask('Access: Apps and Policies Read', async (api) => {
    const { accountId: account_id } = config;
    for await (const app of api.zeroTrust.access.applications.list({ account_id, aud })) {
      const parsed = accessApp.safeParse(app);
      if (parsed.success && parsed.data.aud === aud) return parsed.data;
    }
    return null;
  });
}

/** The Access application of accessAud: there, before `/admin` on both hosts, and not for everyone. */
export function accessTask(context: CloudContext): CheckTask {
  const name = 'cloud.access';
  const { accessAud: aud, defaultPlatform: platform } = context.config;
  const fix = 'open "https://one.dash.cloudflare.com/?to=/:account/access/apps"';
  const check = async (): Promise<Check> => {
    if (aud === undefined || platform === undefined) {
      const lacking = aud === undefined ? 'accessAud' : 'defaultPlatform';
      return skipped(
        name,
        `The config file has no ${lacking}, which says which application it is.`,
      );
    }
    const app = await readApp(context, aud);
    if (!app) return failed(name, 'The account has no Access application with accessAud.', fix);
    const open = uncovered(app, platform);
    if (open.length > 0) {
      const hosts = open.map((host) => `${host}/${ADMIN_PATH}`).join(' and ');
      return failed(name, `${app.name ?? 'The application'} does not cover ${hosts}.`, fix);
    }
    const problem = policyProblem(app);
    if (problem) return failed(name, `${app.name ?? 'The application'} ${problem}.`, fix);
    return passed(name, `Access stands before /${ADMIN_PATH} on ${platform} and api.${platform}.`);
  };
  return { name, fix, run: check };
}
