import { planWaf } from '../waf/plan.ts';
import { PHASES, type Phase } from '../waf/rules.ts';
import { readZone, readZoneWaf } from '../waf/zone.ts';
import { failed, passed, skipped, type Check } from './check.ts';
import type { CloudContext } from './account-checks.ts';
import type { CheckTask } from './run-checks.ts';

function zoneTask({ cloud, config }: CloudContext): CheckTask {
  const name = 'cloud.zone';
  const { zoneId, accountId, defaultPlatform: platform } = config;
  const fix = `open "https://dash.cloudflare.com/?to=/:account/:zone"`;
  return {
    name,
    fix,
    async run() {
      const zone = await readZone(cloud, zoneId);
      if (!zone) return failed(name, `The token sees no zone ${zoneId}.`, fix);
      const owner = zone.account?.id;
      if (owner !== undefined && owner !== accountId) {
        return failed(name, `The zone ${zone.name} belongs to another account.`, fix);
      }
      if (platform !== undefined && platform !== zone.name && !platform.endsWith(`.${zone.name}`)) {
        return failed(name, `The zone ${zone.name} is not the one of ${platform}.`, fix);
      }
      if (zone.status !== 'active' || zone.paused) {
        const state = zone.paused ? 'paused' : zone.status;
        return failed(name, `The zone ${zone.name} is ${state}, so nothing is served.`, fix);
      }
      return passed(name, `The zone ${zone.name} is active.`);
    },
  };
}

/** What is wrong with one phase of the zone's firewall, from the plan that would mend it. */
function phaseCheck(
  name: string,
  phase: Phase,
  plan: ReturnType<typeof planWaf>,
  environment: string,
): Check {
  const change = plan.changes.find((each) => each.phase === phase);
  if (change) {
    const state = change.kind === 'create' ? 'is not there' : 'is not as it should be';
    const fix = `skclaw waf apply --env ${environment}`;
    return failed(name, `The rule "${change.after.description}" ${state}.`, fix);
  }
  const left = plan.skipped.find((each) => each.phase === phase);
  if (left) return skipped(name, left.reason);
  const reason = plan.unchanged.find((each) => each.phase === phase)?.reason;
  return passed(name, reason ?? 'As it should be.');
}

/** The platform's zone, and its firewall as `skclaw waf apply` makes it. */
export function zoneTasks(context: CloudContext): CheckTask[] {
  const { cloud, config, environment } = context;
  const fix = `skclaw waf plan --env ${environment}`;
  let read: Promise<ReturnType<typeof planWaf>> | null = null;
  // Both phases are read once, when the first of the two checks runs.
  const plan = () => (read ??= readZoneWaf(cloud, config.zoneId).then(({ waf }) => planWaf(waf)));
  const phaseTask = (name: string, phase: Phase): CheckTask => ({
    name,
    fix,
    run: async () => phaseCheck(name, phase, await plan(), environment),
  });
  return [
    zoneTask(context),
    phaseTask('cloud.waf.managed', PHASES.managed),
    phaseTask('cloud.waf.rate-limit', PHASES.rateLimit),
  ];
}
