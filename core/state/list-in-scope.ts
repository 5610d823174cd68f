import * as z from 'zod';
import { partIdOf } from '../contract/crdt/part.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { ConflictError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { absent, equal } from '../table/conditions.ts';
import { ScopeFullError } from './errors.ts';
import type { PartRef } from './stored-part.ts';

const ScopeItem = z.looseObject({ rev: z.int(), parts: z.array(z.string()) });

const maxTries = 10;

/**
 * Lists a name in its scope before its first write, so that a scope never has more than it may. Repeating it changes
 * nothing; a crash after it leaves a name without anything, which counts.
 * @throws ScopeFullError for one name too many; ConflictError.
 */
export const listInScope = async (services: Services, { tenant, scope, kind, name }: PartRef): Promise<void> => {
  const key = keys.stateScope(tenant, scope);
  const id = partIdOf(kind, name);
  let item: unknown = await services.table.get(key, { consistent: true });
  for (let tries = 0; tries < maxTries; tries++) {
    const known = ScopeItem.safeParse(item).data;
    if (known?.parts.includes(id) === true) return;
    const parts = [...(known?.parts ?? []), id];
    if (parts.length > limits.partsPerScope) throw new ScopeFullError(scope, limits.partsPerScope);
    const written = await services.table.put({
      key,
      item: { rev: (known?.rev ?? 0) + 1, parts },
      clauses: { sameRev: known === undefined ? absent('rev') : equal('rev', known.rev) },
    });
    if (written.won) return;
    item = written.item;
  }
  throw new ConflictError(`The scope ${scope}`);
};
