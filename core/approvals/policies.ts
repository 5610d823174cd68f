import type { ApprovalChain } from '../contract/approval-chain.ts';
import { usualPolicy } from '../contract/approval-chain.ts';
import type { TenantId } from '../contract/ids.ts';
import type { TenantSettings } from '../contract/settings.ts';
import type { StoredApprovalTerms } from '../contract/task.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { knownSettings, readSettings } from '../tenants/settings.ts';

const chainIn = (settings: TenantSettings, policy: string): ApprovalChain | undefined => {
  const { escalationChain, escalationPolicies = {} } = settings;
  if (policy === usualPolicy) return escalationChain;
  return Object.hasOwn(escalationPolicies, policy) ? escalationPolicies[policy] : undefined;
};

/** Whether a tenant has a policy of this name; the usual one needs no chain. Asked anew before it is denied. */
export const hasPolicy = async (services: Services, tenant: TenantId, policy: string): Promise<boolean> =>
  policy === usualPolicy ||
  chainIn(await knownSettings(services, tenant), policy) !== undefined ||
  chainIn(await readSettings(services, tenant), policy) !== undefined;

/** @throws InvalidFieldError for a policy that the tenant has not. */
export const requirePolicy = async (
  services: Services,
  tenant: TenantId,
  policy: string | undefined,
  field: string,
): Promise<void> => {
  if (policy === undefined || (await hasPolicy(services, tenant, policy))) return;
  throw new InvalidFieldError(field, `The tenant’s settings have no escalation policy ${policy}.`);
};

const chainOf = async (services: Services, tenant: TenantId, policy: string): Promise<ApprovalChain | undefined> => {
  const known = chainIn(await knownSettings(services, tenant), policy);
  if (known !== undefined || policy === usualPolicy) return known;
  const settings = await readSettings(services, tenant);
  return chainIn(settings, policy) ?? chainIn(settings, usualPolicy);
};

/**
 * The terms of an approval with the chain that its policy names, as the settings have it now. A default decision that is none
 * of its options is left out. A policy that is gone since it was accepted leaves the usual chain: somebody is asked.
 */
export const withPolicy = async (
  services: Services,
  tenant: TenantId,
  terms: StoredApprovalTerms,
): Promise<StoredApprovalTerms> => {
  if (terms.policy === undefined) return terms;
  const chain = await chainOf(services, tenant, terms.policy);
  if (chain === undefined) return terms;
  const { contacts, defaultDecision } = chain;
  const isOption = defaultDecision !== undefined && terms.options.includes(defaultDecision);
  return { ...terms, chain: isOption ? chain : { contacts } };
};
