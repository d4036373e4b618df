import { found, page, Refusal, type Call, type Handlers } from '../call.ts';
import type { ApiToken, Zone } from '../state.ts';

const PLANS = {
  free: { id: '0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee', name: 'Free Website' },
  pro: { id: '1feeeeeeeeeeeeeeeeeeeeeeeeeeeeee', name: 'Pro Website' },
  business: { id: '2feeeeeeeeeeeeeeeeeeeeeeeeeeeeee', name: 'Business Website' },
  enterprise: { id: '3feeeeeeeeeeeeeeeeeeeeeeeeeeeeee', name: 'Enterprise Website' },
} as const;

const accountOf = ({ state }: Call) => ({ id: state.accountId, name: state.accountName });

/** A token's answer to "is it any good": the other owner's address knows nothing of it. */
function verify({ state }: Call, owner: ApiToken['owner']): unknown {
  const { token } = state;
  if (token.owner !== owner) throw new Refusal(401, 1000, 'Invalid API Token');
  return { id: token.id, status: token.status };
}

function tokenDetails({ state, path }: Call, owner: ApiToken['owner']): unknown {
  const { token } = state;
  if (token.owner !== owner || path.token_id !== token.id) {
    throw new Refusal(404, 1003, 'API Token not found');
  }
  const groups = token.permissions.map((name) => ({ id: Buffer.from(name).toString('hex'), name }));
  return {
    id: token.id,
    name: 'skclaw',
    status: token.status,
    policies: [
      {
        id: 'f267e341f3dd4697bd3b9f71dd96247f',
        effect: 'allow',
        resources: { [`com.cloudflare.api.account.${state.accountId}`]: '*' },
        permission_groups: groups,
      },
    ],
  };
}

function zoneAnswer(zone: Zone, call: Call): unknown {
  return {
    id: zone.id,
    name: zone.name,
    status: zone.status,
    type: 'full',
    paused: false,
    account: accountOf(call),
    plan: { ...PLANS[zone.plan], legacy_id: zone.plan, is_subscribed: zone.plan !== 'free' },
    name_servers: ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'],
  };
}

export const identityHandlers: Handlers = {
  'user.user.get': () => ({ id: 'user', email: 'operator@example.com' }),
  'user.tokens.tokens.verify': (call) => verify(call, 'user'),
  'user.tokens.tokens.get': (call) => tokenDetails(call, 'user'),
  'accounts.tokens.tokens.verify': (call) => verify(call, 'account'),
  'accounts.tokens.tokens.get': (call) => tokenDetails(call, 'account'),
  'accounts.accounts.list': (call) => page([accountOf(call)], call.query),
  'accounts.accounts.get': accountOf,
  'zones.zones.list': (call) => {
    const name = call.query.get('name');
    const zones = [...call.state.zones.values()].filter((zone) => !name || zone.name === name);
    return page(
      zones.map((zone) => zoneAnswer(zone, call)),
      call.query,
    );
  },
  'zones.zones.get': (call) => {
    const zone = call.state.zones.get(call.path.zone_id ?? '');
    return zoneAnswer(found(zone, 7003, 'Could not route to the zone'), call);
  },
};
