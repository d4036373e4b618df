/** Hosts that exist only inside a container; TenantEgress answers for them. */
export const MODELS_HOST = 'models.internal';
export const STATE_HOST = 'state.internal';
