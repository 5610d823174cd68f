import { ownScopes, type StateAccess } from '../contract/state.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { knownSettings } from '../tenants/settings.ts';
import { ScopeDeniedError } from './errors.ts';

const fits = (rule: StateAccess, scope: string): boolean =>
  rule.scope.endsWith('*') ? scope.startsWith(rule.scope.slice(0, -1)) : rule.scope === scope;

/**
 * Lets a principal read or write a scope, as far as the first rule of its tenant that fits goes. Rules are known everywhere
 * within 30 s.
 * @throws ScopeDeniedError
 */
export const requireScopeAccess = async (
  services: Services,
  principal: Principal,
  scope: string,
  what: 'read' | 'write',
): Promise<void> => {
  const denied = new ScopeDeniedError(scope, what === 'read' ? 'read' : 'written');
  if (what === 'write' && scope.startsWith(ownScopes)) throw denied;
  const { stateAccess = [] } = await knownSettings(services, principal.tenant);
  const allowed = stateAccess.find((rule) => fits(rule, scope))?.[what];
  if (allowed !== undefined && !allowed.includes(principal.role)) throw denied;
};
