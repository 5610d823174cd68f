import * as z from 'zod';
import { environment } from '#core/contract/env.ts';

/** Variables as the runtime hands them over. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The function was deployed without something that it needs; trying again does not help. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const Value = z.string().min(1);

/** A variable that may be absent. */
export const optionalVariable = (variables: Variables, name: keyof typeof environment): string | undefined =>
  Value.safeParse(variables[environment[name]]).data;

/** A variable of the contract. @throws ConfigurationError that names it when it is not set. */
export const variable = (variables: Variables, name: keyof typeof environment): string => {
  const value = optionalVariable(variables, name);
  if (value === undefined) throw new ConfigurationError(`The environment variable ${environment[name]} is not set.`);
  return value;
};
