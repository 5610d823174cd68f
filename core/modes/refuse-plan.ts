import { InvalidFieldError } from '../errors/errors.ts';

/** As many faults as a refusal names. */
const namedFaults = 10;

/** Refuses what an agent proposed, as a whole, naming its faults. @throws InvalidFieldError */
export const refusePlan = (field: string, what: string, faults: readonly string[]): never => {
  const more = faults.length > namedFaults ? ` And ${faults.length - namedFaults} more.` : '';
  const message = `${what} is refused. ${faults.slice(0, namedFaults).join(' ')}${more}`;
  throw new InvalidFieldError(field, message.slice(0, 4000));
};

/** What is wrong with the parts of a list, each by its place: `parts.3.id: …`. */
export const faultsOf = (
  list: string,
  read: readonly {
    readonly error?: { readonly issues: readonly { path: readonly PropertyKey[]; message: string }[] } | undefined;
  }[],
): readonly string[] =>
  read.flatMap(({ error }, position) =>
    (error?.issues ?? []).map(({ path, message }) => `${[list, position, ...path.map(String)].join('.')}: ${message}.`),
  );
