import type { UnusedGrants } from '../../scripts/grants/judge-grants.ts';

/** Functions that share the code by which tasks are assigned, end and free their agents. */
const engine = [
  'http/agents',
  'http/tasks',
  'http/answers',
  'http/runs',
  'http/system',
  'websocket/message',
  'queue/dispatch',
  'queue/timers',
  'queue/trigger',
  'queue/effects',
  'stream/relay',
  'schedule/sweep',
  'workflow/decide',
  'events/execution-ended',
];

const chance =
  'One code ends and assigns tasks wherever that falls due, and test/infra/access.test.ts compares what it can reach with what each function is granted. Which function meets the last task of a stage, a freed agent for whom something waits, or a large payload is decided by the clock.';

/** What roles may do and no end-to-end test makes them do. Strict: `npm run grants` fails for an entry that excuses nothing. */
export const unusedGrants: readonly UnusedGrants[] = [
  {
    roles: 'all',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    reason: 'Lambda and API Gateway write their lines themselves; the local platform hands them to whoever started it.',
  },
  {
    roles: ['SocketsAccessLogRole'],
    actions: [
      'logs:CreateLogGroup',
      'logs:DescribeLogGroups',
      'logs:DescribeLogStreams',
      'logs:FilterLogEvents',
      'logs:GetLogEvents',
    ],
    reason:
      'API Gateway asks for all of these before it takes a role for its logs; the local platform has no CloudWatch.',
  },
  {
    roles: 'all',
    actions: [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    reason: 'Step Functions sets up the delivery of its logs with the role of each state machine, on AWS alone.',
  },
  {
    roles: 'all',
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    reason: 'Active tracing: Lambda and Step Functions speak to X-Ray, which the local platform has not.',
  },
  {
    roles: engine,
    actions: [
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:BatchWriteItem',
      's3:GetObject',
      's3:PutObject',
      'states:SendTaskSuccess',
      'states:SendTaskFailure',
    ],
    isByChance: true,
    reason: chance,
  },
  {
    roles: engine.filter((name) => name !== 'queue/trigger'),
    actions: ['sqs:SendMessage'],
    resource: 'QueuesTimersQueue',
    isByChance: true,
    reason: chance,
  },
  {
    roles: engine.filter((name) => !['queue/trigger', 'http/agents', 'http/system'].includes(name)),
    actions: ['sqs:SendMessage'],
    resource: 'QueuesTasksQueue',
    isByChance: true,
    reason: chance,
  },
  {
    roles: engine.filter((name) => name !== 'queue/trigger'),
    actions: ['execute-api:ManageConnections'],
    resource: 'SocketsApi/ws/POST/@connections/*',
    isByChance: true,
    reason: chance,
  },
  {
    roles: ['schedule/sweep'],
    actions: ['states:StartExecution', 'states:DescribeExecution', 'states:StopExecution'],
    isByChance: true,
    reason:
      'The sweep finishes what died between two writes, a minute later; the simulation kills every call to get there.',
  },
  {
    roles: ['schedule/sweep', 'http/tasks', 'queue/dispatch'],
    actions: ['execute-api:ManageConnections'],
    resource: 'SocketsApi/ws/DELETE/@connections/*',
    isByChance: true,
    reason:
      'They end the removal of an agent that died half-way, close the sockets of keys that ended, and those that cannot be written to.',
  },
  {
    roles: ['stream/log'],
    actions: ['dynamodb:DeleteItem'],
    isByChance: true,
    reason: 'Whoever is the first to push to a watcher that is gone forgets it; several functions push.',
  },
  {
    roles: ['websocket/secret'],
    actions: ['execute-api:ManageConnections'],
    reason:
      'Its route answers. It pushes what comes before another answer, and the refusal before it closes the socket of a key that is revoked between the handshake and the frame.',
  },
  {
    roles: ['stream/relay'],
    actions: ['sqs:SendMessage'],
    resource: 'QueuesEffectsQueue',
    isByChance: true,
    reason:
      'It names there what it could not deliver, which takes a service that refuses; the tests put the names there themselves.',
  },
  {
    roles: ['stream/relay', 'stream/log'],
    actions: ['sqs:SendMessage'],
    resource: 'QueuesEffectsDeadLettersQueue',
    isByChance: true,
    reason: 'Lambda names there the batches that a function failed at every time it was tried.',
  },
  {
    roles: ['schedule/sweep', 'SweepRole'],
    actions: ['sqs:SendMessage'],
    resource: 'SweepDeadLettersQueue',
    isByChance: true,
    reason: 'Lambda and the scheduler put there the call of a sweep that failed every time it was tried.',
  },
  {
    roles: ['events/execution-ended'],
    actions: ['sqs:SendMessage'],
    resource: 'ExecutionEndedDeadLettersQueue',
    isByChance: true,
    reason: 'Lambda puts there the event that the function failed at every time it was tried.',
  },
];
