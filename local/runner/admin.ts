import {
  createdTenant,
  tenantList,
  tenantView,
  type CreatedTenant,
  type TenantView,
} from '../../contract/api.ts';
import { errorBody } from '../../contract/errors.ts';
import { createdInvite, type CreatedInvite } from '../../contract/members.ts';

/** The admin API as the runner uses it: on loopback, where DEV_MODE takes the caller for an admin. */
export class LocalAdmin {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}/admin/api${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    const { code, message } = errorBody.parse(answer).error;
    throw new Error(`${method} ${path}: ${code}: ${message}`);
  }

  async tenants(): Promise<TenantView[]> {
    return tenantList.parse(await this.call('GET', '/tenants?limit=200')).tenants;
  }

  async tenant(idOrSlug: string): Promise<TenantView> {
    return tenantView.parse(await this.call('GET', `/tenants/${idOrSlug}`));
  }

  async createTenant(body: {
    platform: string;
    tier: string;
    slug?: string;
  }): Promise<CreatedTenant> {
    return createdTenant.parse(await this.call('POST', '/tenants', body));
  }

  async invite(id: string): Promise<CreatedInvite> {
    return createdInvite.parse(
      await this.call('POST', `/tenants/${id}/invites`, { role: 'owner' }),
    );
  }

  async sleep(id: string): Promise<void> {
    await this.call('POST', `/agents/${id}/sleep`, { force: false });
  }
}
