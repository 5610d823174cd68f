import * as z from 'zod';
import { TenantId } from './ids.ts';

/** `source` of every event that Muster puts on its bus. */
export const eventSource = 'muster';

/** `detail-type` of what Muster publishes. */
export const eventTypes = {
  runCompleted: 'RunCompleted',
  runRefused: 'RunRefused',
  stateChanged: 'StateChanged',
  milestoneReached: 'MilestoneReached',
  progressUpdate: 'ProgressUpdate',
  voteRequested: 'VoteRequested',
  consensusReached: 'ConsensusReached',
  approvalRequested: 'ApprovalRequested',
  approvalReminded: 'ApprovalReminded',
  taskCreated: 'TaskCreated',
  taskAssigned: 'TaskAssigned',
  taskCompleted: 'TaskCompleted',
} as const;

/** What every event's `detail` has, beside what happened. */
export const EventDetail = z.looseObject({
  /** The same in every delivery of one event: by it consumers drop repeats. */
  id: z.string().min(1),
  tenant: TenantId,
  /** The run, task or agent that it comes from. */
  source: z.string().min(1),
  /** The agent that it is about, where it is about one. */
  target: z.string().optional(),
  /** The trace that it belongs to, where there is one. */
  traceparent: z.string().optional(),
  /** Epoch milliseconds at which it happened. */
  timestamp: z.number(),
  metadata: z.looseObject({
    publishedAt: z.number(),
    /** Who coordinates what it is about: the run, else the task itself. */
    coordinatorId: z.string(),
  }),
});
export type EventDetail = z.infer<typeof EventDetail>;
