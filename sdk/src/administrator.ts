import * as z from 'zod';
import { CreatedKey, type KeyRequest, KeyView } from '../../core/contract/access.ts';
import { TenantView } from '../../core/contract/tenant.ts';
import type { CallOptions, ClientOptions, ListOptions, Page, SubmitOptions } from './call-options.ts';
import { pageOf } from './call-options.ts';
import { Http } from './http.ts';
import { realTimers } from './timers.ts';

/** What an administrator does about who may come in, and how much a tenant may have. */
export class Administrator {
  readonly #http: Http;

  constructor({ url, apiKey, timers = realTimers, random = Math.random }: Omit<ClientOptions, 'socketUrl'>) {
    this.#http = new Http({ url, apiKey, timers, random });
  }

  /** Makes an API key. Its secret is in this answer alone, and not in that of a repeat. */
  createKey(key: KeyRequest, options: SubmitOptions = {}): Promise<CreatedKey> {
    return this.#http.call({ method: 'POST', path: '/keys', body: key, ...options }, CreatedKey);
  }

  /** Keys without their secrets, newest first. */
  listKeys({ signal, limit, cursor }: Omit<ListOptions, 'status'> = {}): Promise<Page<KeyView>> {
    return this.#http.call({ method: 'GET', path: '/keys', query: { limit, cursor }, signal }, pageOf(KeyView));
  }

  /** Closes the sockets of a key; within 30 seconds everything of it is refused. */
  async revokeKey(keyId: string, options: CallOptions = {}): Promise<void> {
    await this.#http.call({ method: 'DELETE', path: `/keys/${encodeURIComponent(keyId)}`, ...options }, z.unknown());
  }

  /** A tenant with its quotas, and what the last sweep counted of it. */
  getTenant(tenant: string, options: CallOptions = {}): Promise<TenantView> {
    return this.#http.call({ method: 'GET', path: `/tenants/${encodeURIComponent(tenant)}`, ...options }, TenantView);
  }
}
