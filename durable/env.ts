/** The bindings and variables that an agent, its egress and the relay use. */
export interface AgentEnv {
  TENANT_AGENT: DurableObjectNamespace;
  DB: D1Database;
  SNAPSHOTS: R2Bucket;
  /** Key that may run models and read the AI Gateway's logs. */
  CLOUDFLARE_AI_GATEWAY_API_KEY: string;
  CF_AI_GATEWAY_ACCOUNT_ID: string;
  CF_AI_GATEWAY_GATEWAY_ID: string;
  /** Model of probes. */
  CF_AI_GATEWAY_MODEL: string;
  /** Only with DEV_MODE: where a stand-in of Cloudflare's API listens, without a trailing slash. */
  AI_GATEWAY_BASE_URL?: string;
  /** Comma-separated platform domains; the first is the default. */
  PLATFORMS: string;
  DEV_MODE: string;
  /** Only with DEV_MODE: idle time that stands in for every tier's, ms. */
  IDLE_MS_OVERRIDE?: string;
}
