export { TenantAgent } from './tenant-agent.ts';
export { TenantEgress } from './egress.ts';
export { atMost } from './deadline.ts';
export { agentStub } from './stub.ts';
export type { AgentEnv } from './env.ts';
export { CALLER_HEADER } from './rpc.ts';
export type { ApiCall, Caller, TenantAgentRpc } from './rpc.ts';
export { aiGateway } from './ai-gateway.ts';
export { relay, type RelayResult } from './relay.ts';
