import type { Requirements } from '../contract/task.ts';

/** What an agent must be to have a task: it meets the hard requirements, and does tasks of this type, when one is named. */
export interface Wanted {
  readonly requirements: Requirements;
  readonly type?: string | undefined;
}

/** The type that decides who may have a task. None for a pinned one: its agent is named, and its own no is the answer. */
export const decidingType = ({ requirements, type }: Wanted): string | undefined =>
  requirements.agentId === undefined ? type : undefined;
