import * as z from 'zod';
import { TenantId } from '../contract/ids.ts';
import { allows, Role, type Scope } from '../contract/roles.ts';
import { AppError } from '../errors/app-error.ts';

/** Who a request comes from, as the platform established it; nothing in it is taken from the request's body. */
export const Principal = z.looseObject({ tenant: TenantId, id: z.string().min(1), role: Role });
export type Principal = z.infer<typeof Principal>;

/** A role without the scope that a route or frame needs. */
export class ForbiddenError extends AppError {
  override readonly name = 'ForbiddenError';
  constructor(role: Role, scope: Scope) {
    super('FORBIDDEN', `The role ${role} does not have the scope ${scope}.`);
  }
}

/** @throws ForbiddenError when the principal's role lacks the scope. */
export const requireScope = (principal: Principal, scope: Scope): void => {
  if (!allows(principal.role, scope)) throw new ForbiddenError(principal.role, scope);
};
