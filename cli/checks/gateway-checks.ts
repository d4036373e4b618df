import { z } from 'zod';
import { CALL_METADATA } from '../../contract/ai-gateway.ts';
import type { Cloud } from '../cloud/client.ts';
import type { Config } from '../config.ts';
import { failed, passed, skipped } from './check.ts';
import type { CheckTask } from './run-checks.ts';

/** Longest answer that the probe asks for, tokens: one word. */
const PROBE_TOKENS = 8;
/** Log entries that are looked through for one of the system's own calls. */
const LOOKED_AT_LOGS = 20;
/** What the probe's attempt is called: no call of the system, so no entry of its books. */
const PROBE_CALL = 'skclaw-env-validate';

export interface GatewayContext {
  config: Config;
  /** With the API token. */
  cloud: Cloud;
  /** With the key that the Worker calls models with, where this shell has it; else as `cloud`. */
  keyed: Cloud;
  /** CF_AI_GATEWAY_MODEL. */
  model: string | null;
  platform: string;
  environment: string;
}

function settingsTask({ cloud, config }: GatewayContext): CheckTask {
  const name = 'cloud.ai-gateway';
  const { aiGatewayId, aiGatewayAccountId: account_id } = config;
  const fix = `open "https://dash.cloudflare.com/${account_id}/ai/ai-gateway/gateways/${aiGatewayId}/settings"`;
  return {
    name,
    fix,
    async run() {
      const gateway = await cloud.find('AI Gateway Read', (api) =>
        api.aiGateway.get(aiGatewayId, { account_id }),
      );
      if (!gateway) {
        const create = 'open "https://dash.cloudflare.com/?to=/:account/ai/ai-gateway"';
        return failed(name, `The account has no AI Gateway ${aiGatewayId}.`, create);
      }
      if (!gateway.collect_logs) {
        return failed(
          name,
          `${aiGatewayId} collects no logs, which lost calls are settled by.`,
          fix,
        );
      }
      if (gateway.log_management_strategy !== 'DELETE_OLDEST') {
        const message = `${aiGatewayId} stops logging when its storage is full: automatic log deletion is off.`;
        return failed(name, message, fix);
      }
      return passed(name, `${aiGatewayId} collects logs and deletes the oldest by itself.`);
    },
  };
}

/** One tiny call, with the metadata that every call of the system carries. */
function modelTask({ keyed, config, model, platform, environment }: GatewayContext): CheckTask {
  const name = 'cloud.model';
  const { aiGatewayId, aiGatewayAccountId } = config;
  return {
    name,
    fix: `skclaw routing test --tier free --env ${environment}`,
    async run() {
      if (model === null) return skipped(name, 'CF_AI_GATEWAY_MODEL names no model.');
      const metadata: Record<(typeof CALL_METADATA)[number], string> = {
        tenant: 'system',
        platform,
        tier: 'free',
        workload: 'monitor',
        call: PROBE_CALL,
      };
      await keyed.ask('Workers AI Read', (api) =>
        api.post(`/accounts/${encodeURIComponent(aiGatewayAccountId)}/ai/v1/chat/completions`, {
          body: {
            model,
            messages: [{ role: 'user', content: 'Say OK.' }],
            max_tokens: PROBE_TOKENS,
          },
          headers: {
            'cf-aig-gateway-id': aiGatewayId,
            'cf-aig-max-attempts': '1',
            'cf-aig-skip-cache': 'true',
            'cf-aig-collect-log-payload': 'false',
            'cf-aig-metadata': JSON.stringify(metadata),
          },
        }),
      );
      return passed(name, `${model} answers through ${aiGatewayId}.`);
    },
  };
}

const loggedCall = z.looseObject({ metadata: z.unknown() });
const metadataText = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .catch({})
  .pipe(z.record(z.string(), z.unknown()));

function metadataOf(entry: unknown): Record<string, unknown> {
  const { metadata } = loggedCall.parse(entry);
  const parsed = z.union([z.record(z.string(), z.unknown()), metadataText]).safeParse(metadata);
  return parsed.success ? parsed.data : {};
}

/** Reads the newest logged call of the system: its metadata is what routing and booking rest on. */
function metadataTask({ keyed, config, environment }: GatewayContext): CheckTask {
  const name = 'routing.metadata';
  const { aiGatewayId, aiGatewayAccountId: account_id } = config;
  return {
    name,
    fix: `skclaw routing test --tier free --env ${environment}`,
    async run() {
      const logs = await keyed.ask('AI Gateway Read', (api) =>
        api.aiGateway.logs.list(aiGatewayId, { account_id, per_page: LOOKED_AT_LOGS }),
      );
      const own = (logs.result ?? [])
        .map(metadataOf)
        .find((metadata) => 'call' in metadata && metadata['call'] !== PROBE_CALL);
      if (!own) {
        return skipped(
          name,
          'The logs can be read; they hold no call of the system to look at yet.',
        );
      }
      const names = Object.keys(own).toSorted();
      return names.join() === CALL_METADATA.toSorted().join()
        ? passed(name, `Calls carry ${CALL_METADATA.join(', ')}.`)
        : failed(
            name,
            `The newest call carries ${names.join(', ')} in place of ${CALL_METADATA.join(', ')}.`,
            `skclaw deploy --env ${environment}`,
          );
    },
  };
}

/** The AI Gateway: its settings, its logs with the routing metadata, and one real call through it. */
export function gatewayTasks(context: GatewayContext): CheckTask[] {
  return [settingsTask(context), metadataTask(context), modelTask(context)];
}
