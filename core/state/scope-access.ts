import type { TenantId } from '../contract/ids.ts';
import type { Role } from '../contract/roles.ts';
import { ownScopes } from '../contract/state.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { knownSettings } from '../tenants/settings.ts';
import { ScopeDeniedError } from './errors.ts';
import { fitsScope } from './scope-rules.ts';

/**
 * Who may read or write a scope beside what roles let them, by the first rule of its tenant that fits. Rules are known
 * everywhere within 30 s.
 */
export const scopeAccess = async (
  services: Services,
  tenant: TenantId,
  scope: string,
  what: 'read' | 'write',
): Promise<(role: Role | undefined) => boolean> => {
  const { stateAccess = [] } = await knownSettings(services, tenant);
  const allowed = stateAccess.find((rule) => fitsScope(rule, scope))?.[what];
  return (role) => allowed === undefined || (role !== undefined && allowed.includes(role));
};

/**
 * Lets a principal read or write a scope.
 * @throws ScopeDeniedError
 */
export const requireScopeAccess = async (
  services: Services,
  principal: Principal,
  scope: string,
  what: 'read' | 'write',
): Promise<void> => {
  const isOwn = what === 'write' && scope.startsWith(ownScopes);
  const isAllowed = !isOwn && (await scopeAccess(services, principal.tenant, scope, what))(principal.role);
  if (!isAllowed) throw new ScopeDeniedError(scope, what === 'read' ? 'read' : 'written');
};
