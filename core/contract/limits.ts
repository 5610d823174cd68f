/** Every number that a user can run into, in one place. */
export const limits = {
  /** WebSocket frame, API Gateway. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
  frameBytes: 32 * 1024,
  /** A payload above this travels as a claim check: 32 KB less an envelope, and what base64 leaves of a frame. */
  inlinePayloadBytes: 24 * 1024,
  /** The same of a client in the binary encoding: what base64 leaves of a frame, less header and envelope. */
  inlineBinaryBytes: 22 * 1024,
  /** A payload nested deeper travels as a claim check too: an item has 32 levels, some of them around the payload. */
  inlineLevels: 24,
  /** Largest payload at all: the body limit of an HTTP API. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
  payloadBytes: 10 * 1024 * 1024,
  /** Largest JSON body the HTTP routes take: Lambda's 6 MB request less the event around it. */
  httpBodyBytes: 5 * 1024 * 1024,
  /** A presigned payload address is good for this long. */
  payloadUrlSeconds: 15 * 60,
  capabilitiesPerAgent: 50,
  labelsPerAgent: 20,
  /** The slots item has about 0.3 KB, 150 bytes for each live claim and 90 for each type of task with a history. */
  maxConcurrency: 100,
  /** Tasks that an agent is given at once, those of no `slotCost` included. Dispatchers at work at the same instant may pass it by one each. */
  claimsPerAgent: 200,
  /** Tasks that a heartbeat lists: as many as an agent may come to hold, and still one frame. */
  tasksPerHeartbeat: 300,
  /** Numbers that a heartbeat tells of an agent: they lie in the item that every assignment writes. */
  metricsPerAgent: 20,
  defaultMaxConcurrency: 5,
  defaultAgentPriority: 50,
  tasksPerBatch: 100,
  stepsPerWorkflow: 200,
  /** Runs inside runs; a workflow that runs itself ends here. */
  runDepth: 5,
  /** Voters of a consensus: each end of a vote reads the others. */
  votersPerRound: 50,
  roundsPerConsensus: 10,
  /** Requirements, or agents by name, that a dry run looks for. */
  dryRunLookups: 200,
  /** Triggers that one event is matched with, and what a trigger may take. */
  triggersPerTenant: 300,
  triggerBytes: 16 * 1024,
  /** Of a hierarchy. */
  teams: 20,
  workersPerTeam: 100,
  /** Parts that a swarm's task may be divided into. */
  partsPerSwarm: 200,
  /** Of a stigmergic swarm. An iteration is some 14 of the 25,000 events that an execution's history has. */
  ants: 1000,
  swarmWays: 5000,
  swarmCells: 2500,
  swarmIterations: 1000,
  /** Tasks that one step may fan out to. */
  itemsPerStep: 1000,
  /** A definition is one item of at most 400 KB that also holds keys and times. */
  definitionBytes: 256 * 1024,
  /** Distinct hard requirements that may queue at once per tenant. */
  signaturesPerTenant: 256,
  /** What a tenant may have and do unless its administrator says otherwise. */
  quotas: {
    agents: 1000,
    queuedTasks: 100_000,
    openRuns: 10_000,
    requestsPerMinute: 60_000,
    delegationDepth: 5,
    childrenPerTask: 100,
  },
  /** Dead letters that error statistics look at. */
  countedErrors: 1000,
  /** Agents that statistics look at. */
  countedAgents: 1000,
  /** Workflows whose runs metrics tell of. */
  countedWorkflows: 500,
  /** Lines of one scrape: at some 130 bytes each it stays below the 6 MB that a function may answer. */
  scrapedSamples: 30_000,
  defaultMaxAttempts: 3,
  maxAttempts: 20,
  defaultTaskTimeoutSeconds: 15 * 60,
  maxTaskTimeoutSeconds: 7 * 24 * 3600,
  /** How often a task is handed over at most, and among how many agents the last so many handoffs are to and fro. */
  handoffsPerTask: 20,
  handoffWindow: 8,
  handoffPartners: 3,
  /** How long a task waits for the agent it was handed to by name, before it goes to whoever is fit. */
  handoffWaitMs: 300_000,
  /** What is said with a handoff and kept with its task; more is kept apart. Twenty are a fifth of an item. */
  handoffNoteBytes: 4 * 1024,
  /** How long people have to answer an escalation. */
  defaultEscalationSeconds: 24 * 3600,
  /** How far ahead a task may be started, and how far back the sweep looks for what is due. */
  maxDelayMs: 7 * 24 * 3600_000,
  /** Children that a task may wait for at once. */
  childrenPerWait: 100,
  /** Dead letters that one redrive takes. */
  redrive: 100,
  defaultRunTimeoutSeconds: 24 * 3600,
  maxParallelAgents: 10,
  /** Step Functions state payload. @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
  stageSummaryBytes: 4 * 1024,
  /** A JSONata expression in a definition. */
  expressionBytes: 4 * 1024,
  /** A JSON Schema in a definition. */
  schemaBytes: 32 * 1024,
  /** What an expression or a schema is given, and what an expression gives. */
  expressionResultBytes: 1024 * 1024,
  /**
   * How long one evaluation may take, as JSONata itself watches it. It watches the clock, not the processor: what takes 50 ms
   * must not fail on a machine that is busy.
   */
  expressionMs: 500,
  /** When its thread is ended: for what JSONata cannot interrupt, and long enough for a machine that is busy. */
  expressionStopMs: 3000,
  messagesPerFrame: 10,
  /** Acknowledgements in one frame: four calls of the table. */
  refsPerAck: 100,
  /** How long a message waits for an agent that is away. */
  defaultMessageTtlSeconds: 24 * 3600,
  messageTtlSeconds: 7 * 24 * 3600,
  /** Mail that may wait for one agent. Environments lease room, so senders at the same instant may pass it by what they leased. */
  mailPerMailbox: 1000,
  /** A larger audience is served from a queue: each recipient is a write and a push. */
  inlineRecipients: 100,
  /** What one answer to `message.pull` carries: a message of API Gateway is 128 KB, and base64 takes a third. */
  pulledBytes: 80 * 1024,
  /** Contents of the messages of one frame, which are one mail: of more the larger ones are stored apart. */
  frameContentBytes: 72 * 1024,
  /** Evidence of the messages of one frame, which is never stored apart. */
  frameEvidenceBytes: 16 * 1024,
  /** What a claim check takes more of a frame once its reader is given an address: signed, by credentials that end. */
  readUrlBytes: 2 * 1024,
  /** Groups and topics that one agent is in. */
  membershipsPerAgent: 100,
  topicLength: 128,
  /** Paths into the content that a subscription looks at. */
  fieldsPerFilter: 5,
  idempotencyKeyLength: 255,
  /** Names of a scope of shared state: what is known of all of them fits a frame. */
  partsPerScope: 200,
  /** What is shared under one name, with what is kept of its writers: it travels whole in one frame. */
  statePartBytes: 20 * 1024,
  /** An element of a shared set, and a value of a shared map. */
  stateElementBytes: 1024,
  stateValueBytes: 4 * 1024,
  /** Changes of shared state in one frame. */
  opsPerPatch: 100,
  /** Connections that are told of a change at once; the others find it when they next ask. */
  stateSubscribers: 300,
  /** Positions of a conflict, and newest conflicts that trust goes by and that are counted. */
  positionsPerConflict: 20,
  learnedConflicts: 100,
  countedConflicts: 1000,
  /** A value that has versions, and how many of these are kept. */
  valueBytes: 16 * 1024,
  /** Writes of one value that wait for a question to be answered. */
  waitingWrites: 10,
  keptVersions: 50,
  /** Rules of a tenant on who may read and write shared state. */
  stateRules: 50,
  /** The longest that an API key may be good for, if it ends at all. */
  keyLifeSeconds: 10 * 365 * 24 * 3600,
} as const;

/** How long things take, in milliseconds. */
export const timings = {
  heartbeatMs: 30_000,
  /** How often the sweep runs: the granularity of a schedule. */
  sweepMs: 60_000,
  /** Silent longer than two heartbeats is failed. */
  silentAfterMs: 60_000,
  /** An assignment younger than this may cross a heartbeat that does not list it yet. */
  assignmentSettleMs: 10_000,
  /** A closed socket may come back within this before its tasks go elsewhere. */
  reconnectGraceMs: 10_000,
  /** A task taken from a live agent keeps its slot until the agent lets go, at most this long. */
  releaseGraceMs: 60_000,
  /** A claim whose task does not name it is taken for orphaned after this: longer than any function runs. */
  orphanAfterMs: 60_000,
  connectionCacheMs: 30_000,
  /** How long an answer is given again under its `Idempotency-Key`. */
  replyRetentionMs: 24 * 3600_000,
  /** What a sweep counted is gone by for this long: three sweeps. */
  usageGoodMs: 180_000,
  /** Mail whose time ran out stays visible for this long. */
  expiredMailMs: 24 * 3600_000,
  /** A ticket opens a connection within this. */
  ticketMs: 60_000,
  /** API Gateway ends a socket at two hours. */
  connectionAgeMs: 2 * 3600_000,
} as const;

/** A queued task's head start by priority: critical 1 h, high 10 min, low 10 min behind. */
export const headStartMs = { low: -600_000, normal: 0, high: 600_000, critical: 3_600_000 } as const;
