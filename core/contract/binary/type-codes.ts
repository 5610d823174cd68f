/**
 * The layout of a header.
 *
 * ```
 * 1   version u8 · type u8 · agentId 16 · taskId 16 · timestamp i64 · flags u16 · payloadSize u32                      48 bytes
 * 2   version u8 · type u8 · senderId 16 · recipientId 16 · conversationId 16 · timestamp i64 · flags u16 · size u32   64 bytes
 * ```
 */
export type HeaderVersion = 1 | 2;

/** How one kind of frame is written in the binary encoding. */
export interface TypeCode {
  readonly code: number;
  /** As the code's documentation names it. */
  readonly name: string;
  /** The envelope type. */
  readonly type: string;
  readonly version: HeaderVersion;
  /** Where in the payload the task of a version 1 header is; `taskId` unless it says otherwise. */
  readonly taskPath?: readonly string[];
}

const code = (value: number, name: string, type: string, version: HeaderVersion): TypeCode => ({
  code: value,
  name,
  type,
  version,
});

/** Every code. What is added takes the next free one, messages from 0x80 on, conflicts and state from 0x90 on; none is ever given another meaning. */
export const typeCodes: readonly TypeCode[] = [
  { ...code(0x01, 'TaskAssignment', 'task.assigned', 1), taskPath: ['task', 'taskId'] },
  code(0x02, 'StatusUpdate', 'agent.update', 1),
  code(0x03, 'ResultSubmission', 'task.result', 1),
  code(0x04, 'CollaborationReq', 'collaboration.request', 1),
  code(0x05, 'ResourceRequest', 'resource.request', 1),
  code(0x06, 'HealthCheck', 'agent.heartbeat', 1),
  code(0x07, 'CapabilityUpdate', 'agent.register', 1),
  code(0x10, 'TaskRequest', 'task.submit', 2),
  code(0x11, 'TaskResponse', 'task.completed', 2),
  code(0x20, 'StateUpdate', 'state.patch', 2),
  code(0x21, 'StateSync', 'state.delta', 2),
  code(0x30, 'Coordination', 'message', 2),
  code(0x31, 'ConsensusVote', 'task.result', 2),
  code(0x40, 'ProgressReport', 'task.progress', 2),
  code(0x50, 'EmergencyStop', 'agent.stop', 2),
  code(0x60, 'TaskAccept', 'task.accept', 1),
  code(0x61, 'TaskReject', 'task.reject', 1),
  code(0x62, 'TaskFail', 'task.fail', 1),
  code(0x63, 'TaskReleased', 'task.released', 1),
  code(0x64, 'TaskWait', 'task.wait', 1),
  code(0x65, 'TaskCancel', 'task.cancel', 1),
  code(0x66, 'Watch', 'watch', 1),
  code(0x67, 'Unwatch', 'unwatch', 1),
  code(0x68, 'PayloadPrepare', 'payload.prepare', 1),
  code(0x69, 'AgentRegistered', 'agent.registered', 1),
  code(0x6a, 'AgentReplaced', 'agent.replaced', 1),
  code(0x6b, 'TaskBatch', 'task.batch', 1),
  code(0x6c, 'LeaseLost', 'lease.lost', 1),
  code(0x6d, 'TaskSubmitted', 'task.submitted', 1),
  code(0x6e, 'Event', 'event', 1),
  code(0x6f, 'PayloadReady', 'payload.ready', 1),
  code(0x70, 'Ack', 'ack', 1),
  code(0x71, 'Error', 'error', 1),
  code(0x72, 'SecretGet', 'secret.get', 1),
  code(0x73, 'SecretValue', 'secret.value', 1),
  code(0x74, 'EscalationRaise', 'escalation.raise', 1),
  code(0x75, 'TaskHandoff', 'task.handoff', 1),
  code(0x80, 'MessageSend', 'message.send', 1),
  code(0x81, 'MessageAck', 'message.ack', 1),
  code(0x82, 'MessagePull', 'message.pull', 1),
  code(0x83, 'MessageSent', 'message.sent', 1),
  code(0x84, 'MessagePulled', 'message.pulled', 1),
  code(0x85, 'TopicJoin', 'topic.join', 1),
  code(0x86, 'TopicLeave', 'topic.leave', 1),
  code(0x87, 'GroupJoin', 'group.join', 1),
  code(0x88, 'GroupLeave', 'group.leave', 1),
  code(0x90, 'ConflictReport', 'conflict.report', 1),
  code(0x91, 'ConflictDecided', 'conflict.decided', 1),
  code(0x92, 'StatePull', 'state.pull', 1),
];

const byCode = new Map(typeCodes.map((entry) => [entry.code, entry]));
// The first of a type is the usual one: a result is a vote's only where its sender says so.
const byType = new Map(typeCodes.toReversed().map((entry) => [entry.type, entry]));

/** What a code stands for, if anything. */
export const typeOfCode = (value: number): TypeCode | undefined => byCode.get(value);

/** How a type is written, if it can be. */
export const codeOfType = (type: string): TypeCode | undefined => byType.get(type);
