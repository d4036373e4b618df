import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import type { CloudApi } from '../cloud/api.ts';
import type { Cloud } from '../cloud/client.ts';
import { phaseRuleset, type PhaseRuleset, type WafChange, type ZoneWaf } from './plan.ts';
import { PHASES, type Phase } from './rules.ts';

const READ = 'Zone WAF Read';
const WRITE = 'Zone WAF Edit';

const zoneAnswer = z.looseObject({
  name: z.string(),
  status: z.string(),
  paused: z.boolean().default(false),
  account: z.looseObject({ id: z.string().optional() }).optional(),
  plan: z.looseObject({ legacy_id: z.string().optional() }).optional(),
});
export type ZoneAnswer = z.output<typeof zoneAnswer>;

/** A zone, or null when the token sees none with this id. */
export async function readZone(cloud: Cloud, zoneId: string): Promise<ZoneAnswer | null> {
  const zone = await cloud.find('Zone Read', (api) => api.zones.get({ zone_id: zoneId }));
  return zone && zoneAnswer.parse(zone);
}

/** The plan of a zone; one that is not known is taken for the one that may least. */
function planOf(zone: ZoneAnswer): ZoneWaf['plan'] {
  const plan = zone.plan?.legacy_id;
  return plan === 'pro' || plan === 'business' || plan === 'enterprise' ? plan : 'free';
}

async function readPhase(cloud: Cloud, zoneId: string, phase: Phase): Promise<PhaseRuleset | null> {
  const ruleset = await cloud.find(READ, (api) =>
    api.rulesets.phases.get(phase, { zone_id: zoneId }),
  );
  return ruleset && phaseRuleset.parse(ruleset);
}

/** The zone's plan, and its rules in the phases that skclaw looks after. */
export async function readZoneWaf(
  cloud: Cloud,
  zoneId: string,
): Promise<{ zone: ZoneAnswer; waf: ZoneWaf }> {
  const zone = await readZone(cloud, zoneId);
  if (!zone) throw new AppError('not_found', `There is no zone ${zoneId}.`);
  const { managed, rateLimit } = PHASES;
  const rulesets = {
    [managed]: await readPhase(cloud, zoneId, managed),
    [rateLimit]: await readPhase(cloud, zoneId, rateLimit),
  } as ZoneWaf['rulesets'];
  return { zone, waf: { plan: planOf(zone), rulesets } };
}

/** Writes one rule: only that one, so that what others change meanwhile stays. */
export async function applyChange(cloud: Cloud, zoneId: string, change: WafChange): Promise<void> {
  const { phase, rulesetId, ruleId, after } = change;
  // The SDK's union of rules names each action's type apart; ours is two of them.
  const rule = after as Parameters<CloudApi['rulesets']['rules']['create']>[1];
  await cloud.ask(WRITE, async (api) => {
    if (rulesetId === null) {
      await api.rulesets.phases.update(phase, {
        zone_id: zoneId,
        rules: [after] as Parameters<CloudApi['rulesets']['phases']['update']>[1]['rules'],
      });
    } else if (ruleId === null) {
      await api.rulesets.rules.create(rulesetId, { ...rule, zone_id: zoneId });
    } else {
      await api.rulesets.rules.edit(ruleId, {
        ...(rule as Parameters<CloudApi['rulesets']['rules']['edit']>[1]),
        ruleset_id: rulesetId,
        zone_id: zoneId,
      });
    }
  });
}
