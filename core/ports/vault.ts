/** Secrets of tenants, for agents. Values are read when they are asked for and kept nowhere. */
export interface Vault {
  /**
   * The value that a tenant keeps under this name in Secrets Manager or in Parameter Store; `undefined` when there is none.
   * @throws UnavailableError when the store cannot be reached.
   */
  read(
    tenant: string,
    reference: { readonly from: 'secretsmanager' | 'ssm'; readonly id: string },
  ): Promise<string | undefined>;
}
