import * as z from 'zod';
import { SourceTree } from '../shared/source-input.ts';

export const Severity = z.enum(['sev1', 'sev2', 'sev3', 'sev4']);
export type Severity = z.infer<typeof Severity>;

/** A call of the service. `expected` is what it must give; of recorded calls what it gave. */
export const Call = z.strictObject({
  name: z.string().regex(/^[A-Za-z_$][\w$]{0,79}$/),
  arguments: z.array(z.json()).max(10),
  expected: z.json().optional(),
});
export type Call = z.infer<typeof Call>;

/** A service as its on-call team hands it in: sources, recorded calls, and those that go wrong. */
export const Service = z.strictObject({
  files: SourceTree,
  /** The module that exports what is called. */
  entry: z.string().min(1),
  recorded: z.array(Call).max(500),
  failing: z.array(Call).min(1).max(50),
  /** Calls to come after the deployment: what is watched for recurrence. */
  afterwards: z.array(Call).max(500).default([]),
});
export type Service = z.infer<typeof Service>;

/** What is known when somebody is called. */
export const Incident = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().max(4000),
  symptoms: z.array(z.string()),
  affectedSystems: z.array(z.string()),
  errors: z.array(z.string()),
  /** Share of requests that fail, 0 to 1. */
  errorRate: z.number().min(0).max(1).optional(),
  /** Epoch milliseconds. @default now */
  startedAt: z.int().optional(),
  detectedAt: z.int().optional(),
});
export type Incident = z.infer<typeof Incident>;

/** An earlier incident, for the metrics. */
export const PastIncident = z.strictObject({ severity: Severity, startedAt: z.int(), resolvedAt: z.int() });
export type PastIncident = z.infer<typeof PastIncident>;

export const IncidentRequest = z.strictObject({
  incident: Incident,
  service: Service,
  history: z.array(PastIncident).default([]),
});

export const Assessment = z.strictObject({
  incidentId: z.string(),
  severity: Severity,
  reasons: z.array(z.string()),
  /** Who is called together. */
  team: z.array(z.enum(['responder', 'codegen', 'tester', 'security_auditor'])),
  /** How the hotfix is looked for: one entry in one of the two. */
  urgent: z.array(z.array(z.strictObject({ index: z.int(), of: z.int() }))),
  standard: z.array(z.int()),
  startedAt: z.int(),
  detectedAt: z.int(),
});
export type Assessment = z.infer<typeof Assessment>;

/** What one call came to in a replay. */
export const CallOutcome = z.strictObject({
  call: Call,
  result: z.json().optional(),
  error: z
    .strictObject({
      name: z.string(),
      message: z.string(),
      file: z.string().optional(),
      line: z.int().optional(),
      column: z.int().optional(),
    })
    .optional(),
});
export type CallOutcome = z.infer<typeof CallOutcome>;

/** What a responder finds out about the failing calls. */
export const Diagnosis = z.strictObject({
  signature: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  reproduced: z.int(),
  isSecurityRelevant: z.boolean(),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** A change that makes the failing calls right. Without `file` none was found. */
export const Hotfix = z.strictObject({
  file: z.string().optional(),
  line: z.int().optional(),
  before: z.string(),
  after: z.string(),
  change: z.string(),
  /** Changes tried, this one included. */
  candidates: z.int(),
});
export type Hotfix = z.infer<typeof Hotfix>;

export const Validation = z.strictObject({ isValid: z.boolean(), checked: z.int(), problems: z.array(z.string()) });
export type Validation = z.infer<typeof Validation>;

/** A share of the changes to try: of so many, every one whose turn it is. */
export const Part = z.strictObject({ index: z.int().min(0), of: z.int().min(1).max(20) });
export type Part = z.infer<typeof Part>;

/** What a person may answer; only the first deploys. */
export const deployOptions = ['deploy', 'hold'] as const;

/** A person's answer as the platform tells it. */
export const ApprovalAnswer = z.looseObject({ decision: z.enum(deployOptions), by: z.string(), at: z.int() });
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

/** Whom to ask: one entry once the hotfix is validated, else none. */
export const Clearance = z.strictObject({
  questions: z.array(
    z.strictObject({
      severity: Severity,
      rootCause: z.string(),
      change: z.string(),
      file: z.string(),
      checked: z.int(),
    }),
  ),
});

export const WatchReport = z.strictObject({
  watched: z.int(),
  failures: z.int(),
  isRecurring: z.boolean(),
  examples: z.array(z.string()),
});
export type WatchReport = z.infer<typeof WatchReport>;

export const IncidentMetrics = z.strictObject({
  incidents: z.int(),
  bySeverity: z.record(Severity, z.int()),
  /** Mean time to resolve, in milliseconds; left out when nothing was resolved. */
  mttrMs: z.int().optional(),
});
export type IncidentMetrics = z.infer<typeof IncidentMetrics>;

export const PostMortem = z.strictObject({
  incidentId: z.string(),
  title: z.string(),
  severity: Severity,
  status: z.enum(['resolved', 'recurring', 'not_deployed', 'no_hotfix', 'invalid_hotfix']),
  rootCause: z.string(),
  hotfix: Hotfix,
  validations: z.strictObject({ tester: Validation, securityAuditor: Validation }),
  deployedBy: z.string().optional(),
  watch: WatchReport.optional(),
  timeline: z.array(z.strictObject({ at: z.int(), event: z.string() })),
  timeToDetectMs: z.int(),
  timeToResolveMs: z.int().optional(),
  actions: z.array(z.string()),
  metrics: IncidentMetrics,
});
export type PostMortem = z.infer<typeof PostMortem>;
