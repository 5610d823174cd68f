import type { Json } from '#core/contract/json.ts';
import type { Key } from '#core/contract/keys.ts';
import type { AssignedTask } from '#core/contract/task.ts';
import type { WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import type { Chance } from '../chance.ts';
import type { Change, Court } from '../court.ts';
import type { Platform } from '../platform.ts';

/** What a coordination mode adds to the simulation, beside its machine in `machines.ts`: a file here, named in `modes.ts`. */
export interface ModePlot {
  /** Stored by each tenant at the beginning; runs pick among them. */
  readonly workflows: readonly WorkflowDefinitionInput[];
  /** Some run's input, now and then one that cannot work. */
  readonly inputOf: (chance: Chance) => Json;
  /** What an agent adds to its signature in the output of a task of this mode (a vote, a bid, a plan). */
  readonly outputOf?: (task: AssignedTask, chance: Chance) => Readonly<Record<string, Json>> | undefined;
  /** Judges every committed write by the mode's own rules. */
  readonly judge?: (court: Court, key: Key, change: Change) => void;
  /** What is wrong when everything is quiet. */
  readonly leftovers?: (platform: Platform) => readonly { readonly rule: string; readonly message: string }[];
}
