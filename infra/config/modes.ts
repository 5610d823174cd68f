import { StateMachines } from '#core/contract/env.ts';

/** The modes that have a state machine, `statemachines/<mode>.asl.json`, as the functions expect them. */
export const modes: readonly string[] = Object.keys(StateMachines.shape);
