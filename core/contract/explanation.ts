import * as z from 'zod';
import { Handoff } from './handoff.ts';
import { AgentId, TaskId } from './ids.ts';
import { TaskError } from './task.ts';

/** Why a task is where it is: what each agent lacks, where it stands in the queue, what would move it. */
export const Explanation = z.looseObject({
  taskId: TaskId,
  status: z.string(),
  /** Why it did not succeed. */
  error: TaskError.optional(),
  /** How the present assignment was decided. */
  decision: z.looseObject({ strategy: z.string() }).optional(),
  /** Who handed it over to whom, and why, oldest first. */
  handoffs: z.array(Handoff).optional(),
  agents: z.array(
    z.looseObject({
      agentId: AgentId,
      name: z.string(),
      /** Absent: it could take the task now. `not_in_sample`: of a fleet this large a decision sees a random part. */
      whyNot: z.string().optional(),
      /** Everything that it lacks, each as `reason: what`. */
      lacks: z.array(z.string()).optional(),
      score: z.number().optional(),
      terms: z.record(z.string(), z.number()).optional(),
    }),
  ),
  /** Whether every agent there is was looked at; if not, the others were not in the sample. */
  complete: z.boolean(),
  queue: z.looseObject({ position: z.int(), isExact: z.boolean() }).optional(),
  wouldUnblock: z.array(z.string()),
});
export type Explanation = z.infer<typeof Explanation>;
