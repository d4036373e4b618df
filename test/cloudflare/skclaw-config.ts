import type { Config } from '../../cli/config.ts';
import type { CloudflareState } from './state.ts';

function first<T>(values: Iterable<T>): T {
  const [value] = values;
  if (value === undefined) throw new Error('The account is not prepared');
  return value;
}

/** The `.skclaw.json` of an account that has what the platform needs, ids and all. */
export function configOf(state: CloudflareState): Config {
  const zone = first(state.zones.values());
  const app = first(state.accessApps);
  return {
    accountId: state.accountId,
    zoneId: zone.id,
    projectName: 'streamkinetics',
    workerName: 'streamkinetics-backend',
    assetsDir: 'dist/client',
    aiGatewayId: first(state.aiGateways.values()).id,
    aiGatewayAccountId: state.accountId,
    r2BucketName: first(state.r2.values()).name,
    kvNamespaceId: first(state.kv.values()).id,
    d1DatabaseId: first(state.d1.values()).uuid,
    defaultPlatform: zone.name,
    accessTeamDomain: 'team.cloudflareaccess.com',
    accessAud: app.aud,
  };
}
