import type { Construct } from 'constructs';
import type { IdentityProvider } from '#core/contract/env.ts';
import type { Config } from '#infra/config/config.ts';
import { settingsOf } from '#infra/config/config.ts';
import { UserPool } from '#infra/constructs/user-pool.ts';

/** Whose tokens are taken: the issuer of the configuration, the stack's own user pool when one is asked for, or nobody's. */
export function providerOf(scope: Construct, config: Config): IdentityProvider | undefined {
  const { oidcIssuer: issuer, oidcAudience: audience, oidcJwksUri: jwksUri } = config;
  if (issuer !== undefined && audience !== undefined) {
    const claims = { tenantClaim: config.oidcTenantClaim, roleClaim: config.oidcRoleClaim };
    return { issuer, audience, ...(jwksUri === undefined ? {} : { jwksUri }), ...claims };
  }
  return config.userPool ? new UserPool(scope, 'Users', { settings: settingsOf(config) }).provider : undefined;
}
