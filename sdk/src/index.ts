export type { CreatedKey, KeyRequest, KeyView } from '../../core/contract/access.ts';
export type { AgentView } from '../../core/contract/agent.ts';
export type {
  ConflictReportInput,
  ConflictStats,
  ConflictView,
  DecidedConflict,
} from '../../core/contract/conflict.ts';
export type { StateValues } from '../../core/contract/crdt/part.ts';
export type { DryRun } from '../../core/contract/dry-run.ts';
export type { LogEvent } from '../../core/contract/event-log.ts';
export type { Explanation } from '../../core/contract/explanation.ts';
export type { Json } from '../../core/contract/json.ts';
export type { Message, SentMessage } from '../../core/contract/messaging.ts';
export type { StateChangeInput, StateView } from '../../core/contract/state.ts';
export type { AssignedTask, TaskError, TaskSubmissionInput, TaskView, Usage } from '../../core/contract/task.ts';
export type { TriggerDefinitionInput, TriggerView } from '../../core/contract/trigger.ts';
export type { ValueVersion, ValueWriteInput } from '../../core/contract/value.ts';
export type {
  RunRequestInput,
  RunTimeline,
  RunView,
  WorkflowDefinitionInput,
  WorkflowView,
} from '../../core/contract/workflow.ts';
export { Administrator } from './administrator.ts';
export type { AgentEvents, AgentOptions, AgentTimings } from './agent.ts';
export { Agent } from './agent.ts';
export type { BatchHandler } from './batch.ts';
export type { BidHandler, BidOffer, BidRequest } from './bids.ts';
export type { CallOptions, ClientOptions, ListOptions, Page, SubmitOptions, WaitOptions } from './call-options.ts';
export type { Health, ListedRun } from './client.ts';
export { Client } from './client.ts';
export type { MusterErrorDetails } from './errors.ts';
export { AuthenticationError, MusterError, PayloadTooLargeError, TaskFailure } from './errors.ts';
export type { FollowOptions, LogSubject } from './event-log.ts';
export type { LinkTimings } from './link.ts';
export type { MessageTimings } from './message-sender.ts';
export type { RequestMessageOptions } from './messages.ts';
export { Messages } from './messages.ts';
export type { MockAgentOptions } from './mock-agent.ts';
export { MockAgent, runPipeline } from './mock-agent.ts';
export type { Messaging, MockedMessage } from './mock-messages.ts';
export { MockMessages } from './mock-messages.ts';
export type { DeadLetterFilter, Redriven, StopOptions } from './operator.ts';
export { Operator } from './operator.ts';
export type { StepLine, TaskLine } from './run-state.ts';
export { isOver, RunState } from './run-state.ts';
export type { SharedStateOptions } from './shared-state.ts';
export { SharedState } from './shared-state.ts';
export type { TaskOutcome } from './submissions.ts';
export type { MessageHandler } from './subscriptions.ts';
export type { Asking, ResultDetails, Subtask, TaskContext, TaskHandler } from './task-context.ts';
export { HandOff, WaitForSubtasks } from './task-context.ts';
export type { AttemptEnd } from './task-runner.ts';
export type { Timers } from './timers.ts';
export type { MusterEvent, WatchUpdate } from './watch.ts';
export type { MessageOptions } from './ways-to-send.ts';
