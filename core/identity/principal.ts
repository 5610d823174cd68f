import * as z from 'zod';
import { AgentId, Name, TenantId } from '../contract/ids.ts';
import { allows, Role, Scope, scopesOfRole } from '../contract/roles.ts';
import { AppError } from '../errors/app-error.ts';

/** Who a request comes from, as the platform established it; nothing in it is taken from the request's body. */
export const Principal = z.looseObject({
  tenant: TenantId,
  id: z.string().min(1),
  role: Role,
  /** Only these of the role's scopes. */
  scopes: z.array(Scope).optional(),
  /** What agents of this principal may say that they can do. */
  capabilities: z.array(Name).optional(),
  /** The only agent for which it may speak. */
  agentId: AgentId.optional(),
  /** When the credential ends, in epoch milliseconds. */
  endsAt: z.number().optional(),
});
export type Principal = z.infer<typeof Principal>;

/** A role or key without the scope that a route or frame needs. */
export class ForbiddenError extends AppError {
  override readonly name = 'ForbiddenError';
  constructor(role: Role, scope: Scope) {
    super('FORBIDDEN', `The role ${role}, or this key of it, does not have the scope ${scope}.`);
  }
}

/** Capabilities or an agent that nobody granted to the credential. */
export class NotGrantedError extends AppError {
  override readonly name = 'NotGrantedError';
  constructor(field: string, what: string) {
    super('FORBIDDEN', `${what} is not granted to this credential. Ask an administrator for a key that has it.`, {
      field,
    });
  }
}

/** Whether a principal has a scope: by its role, and not taken away by its key. Default deny. */
export const mayUse = ({ role, scopes }: Pick<Principal, 'role' | 'scopes'>, scope: Scope): boolean =>
  allows(role, scope) && (scopes === undefined || scopes.includes(scope));

/** @throws ForbiddenError when the principal lacks the scope. */
export const requireScope = (principal: Principal, scope: Scope): void => {
  if (!mayUse(principal, scope)) throw new ForbiddenError(principal.role, scope);
};

/** @throws NotGrantedError for the first capability that the principal's agents may not claim. */
export const requireCapabilities = (
  { capabilities: granted }: Principal,
  claimed: readonly { readonly name: string }[] = [],
): void => {
  if (granted === undefined) return;
  const position = claimed.findIndex(({ name }) => !granted.includes(name));
  if (position >= 0)
    throw new NotGrantedError(`capabilities.${position}`, `The capability ${claimed[position]?.name ?? ''}`);
};

/** @throws ForbiddenError when a credential is asked for that could do what the asking one cannot. */
export const requireNoMore = (principal: Principal, asked: Pick<Principal, 'role' | 'scopes'>): void => {
  const beyond = scopesOfRole(asked.role).find((scope) => mayUse(asked, scope) && !mayUse(principal, scope));
  if (beyond !== undefined) throw new ForbiddenError(principal.role, beyond);
};
