import type { Clock } from '../contract.ts';
import type { Engine } from './engine.ts';
import type { ParsedDefinition } from './parse-definition.ts';
import type { Store } from './store.ts';

/** What the operations work with. */
export interface ServiceParts {
  readonly store: Store;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly definitionOf: (definitionId: string) => ParsedDefinition;
}
