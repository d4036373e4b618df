import { parseArgs } from 'node:util';
import { DEFAULT_STATE_DIR } from './runner/paths.ts';
import { startSystem, type System } from './runner/system.ts';

/** The tenant that a fresh system has, so that there is something to chat with. */
const DEMO_SLUG = 'demo';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8787' },
    engine: { type: 'string', default: 'process' },
    state: { type: 'string', default: DEFAULT_STATE_DIR },
  },
});
if (values.engine !== 'process' && values.engine !== 'docker') {
  console.error('--engine is process or docker');
  process.exit(1);
}

const say = (line: string): void => console.log(line);

async function demoInvite(system: System): Promise<string> {
  const { admin } = system;
  const known = (await admin.tenants()).find(({ slug }) => slug === DEMO_SLUG);
  const demo =
    known ??
    (await admin.createTenant({
      platform: 'streamkinetics.com',
      tier: 'premium',
      slug: DEMO_SLUG,
    }));
  return (await admin.invite(demo.id)).url;
}

let stopping = false;
let system: System | null = null;

async function stop(): Promise<void> {
  if (stopping) {
    // A second Ctrl-C does not wait: agents lose what they did not save yet.
    await system?.stop({ sleepFirst: false });
    process.exit(130);
  }
  stopping = true;
  say('\nStopping … (Ctrl-C again does not wait)');
  await system?.stop();
  process.exit(0);
}

process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

say('Starting StreamKinetics Moltworker on this machine …');
system = await startSystem({
  stateDir: values.state,
  port: Number(values.port),
  engine: values.engine,
  tokensPerSecond: 60,
  say,
});
const invite = await demoInvite(system);
say(`
  Site     ${system.url}
  Chat     ${invite}   (works once; sign in as the demo tenant's owner)
  Operate  npx skclaw tenant list

  Models   ${system.gateway ? 'a local stand-in for AI Gateway (set LOCAL_MODEL_URL for a real model)' : "Cloudflare's AI Gateway"}
  Agents   ${system.engine ? 'plain child processes with dangerous tools denied: not a security boundary' : 'Docker'}

Ctrl-C puts the agents to sleep and stops everything.
`);
const code = await system.worker.ended;
if (!stopping) {
  console.error(`workerd ended by itself with ${code}; see ${values.state}/worker.log`);
  await system.stop({ sleepFirst: false });
  process.exit(1);
}
