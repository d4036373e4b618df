import { z } from 'zod';
import { openCloud } from '../cloud/client.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { requireConfig } from '../require-config.ts';
import { FLAGS, yes } from '../options.ts';
import { listTable, type Table } from '../output.ts';
import { planWaf, type WafPlan } from '../waf/plan.ts';
import { applyChange, readZoneWaf } from '../waf/zone.ts';

interface ZonePlanView extends WafPlan {
  zone: string;
  plan: string;
}

async function readPlan(context: CommandContext) {
  const config = await requireConfig(context.environment, 'The zone is Cloudflare’s');
  const cloud = await openCloud(context.io);
  const { zone, waf } = await readZoneWaf(cloud, config.zoneId);
  const view: ZonePlanView = { zone: zone.name, plan: waf.plan, ...planWaf(waf) };
  return { config, cloud, view };
}

function planTable({ changes, unchanged, skipped }: WafPlan, done: string): Table {
  const rows = [
    ...changes.map(({ phase, kind, after }) => ({
      phase,
      what: done || kind,
      rule: after.description,
    })),
    ...unchanged.map(({ phase, reason }) => ({ phase, what: 'unchanged', rule: reason })),
    ...skipped.map(({ phase, reason }) => ({ phase, what: 'skipped', rule: reason })),
  ];
  return listTable(rows, ['phase', 'what', 'rule']);
}

const plan = defineCommand({
  name: 'waf plan',
  summary: 'Show what would change in the zone’s firewall',
  flags: [],
  examples: ['waf plan --env production'],
  input: z.object({}),
  async run(_, context) {
    const { view } = await readPlan(context);
    return { data: view, table: () => planTable(view, '') };
  },
});

const apply = defineCommand({
  name: 'waf apply',
  summary: 'Turn on the managed rules and the rate limit of the public paths',
  flags: [FLAGS.yes],
  examples: ['waf apply --env production', 'waf apply --env production --yes'],
  input: z.object({ yes }),
  async run({ yes: confirmed }, context) {
    const { config, cloud, view } = await readPlan(context);
    const { changes, zone } = view;
    const data = { ...view, applied: changes.length };
    if (changes.length > 0) {
      const names = changes.map(({ after }) => after.description).join(' and ');
      await confirm(context.io, { what: `Write ${names} to ${zone}`, yes: confirmed });
    }
    for (const change of changes) {
      await context.progress.step(change.after.description, () =>
        applyChange(cloud, config.zoneId, change),
      );
    }
    return { data, table: () => planTable(view, 'applied') };
  },
});

export const wafCommands: Command[] = [plan, apply];
